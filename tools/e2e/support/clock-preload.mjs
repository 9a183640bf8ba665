// For `node --import`: the process believes it is CLOCK_START_MS (epoch) when it starts;
// after CLOCK_RIGHT_AFTER_MS, if given, its clock is set, as a time service would.
const real = Date;
const started = real.now();
const wrongByMs = Number(process.env.CLOCK_START_MS) - started;
const rightAt = started + Number(process.env.CLOCK_RIGHT_AFTER_MS ?? Number.POSITIVE_INFINITY);

globalThis.Date = class extends real {
  constructor(...args) {
    if (args.length === 0) super(globalThis.Date.now());
    else super(...args);
  }

  static now() {
    const now = real.now();
    return now < rightAt ? now + wrongByMs : now;
  }
};
