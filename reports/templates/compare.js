// biome-ignore-all lint/correctness/noUnusedVariables: the scripts of one page share one scope
// Two sides compared: opens what the address points at, and steps from case to case.
const open = () => {
  const part = location.hash.length > 1 ? $(decodeURIComponent(location.hash.slice(1))) : null;
  if (part?.matches('details')) part.open = true;
};
addEventListener('hashchange', open);
open();
const byCase = stepper(() => all('.compared > summary').filter((one) => one.checkVisibility()));
Object.assign(commands, {
  j: () => byCase(1),
  k: () => byCase(-1),
  u: () => document.querySelector('nav.top a')?.click(),
});
