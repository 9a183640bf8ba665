// `npm run build`: what `npm start` and `npm test` do before anything else, and nothing after it.
import { build, installPackages, main, requireNode } from './lib.mjs';

await main(async () => {
  requireNode();
  await installPackages();
  await build();
});
