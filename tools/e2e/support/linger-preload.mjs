// For `node --import`: something in the process never ends.
setInterval(() => {}, 60_000);
