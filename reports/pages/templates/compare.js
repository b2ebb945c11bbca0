// biome-ignore-all lint/correctness/noUnusedVariables: the scripts of a page share their variables
// The script of the comparison page: opens the case in the address, and steps from case to case.
const open = () => {
  const part = location.hash.length > 1 ? $(decodeURIComponent(location.hash.slice(1))) : null;
  if (!part?.matches('details')) return;
  // A case can be in a folded group.
  for (let fold = part; fold; fold = fold.parentElement.closest('details')) fold.open = true;
  part.scrollIntoView();
};
addEventListener('hashchange', open);
open();

// The address contains the hidden changes, so that a link shows the same page.
const kinds = all('.shown input');
const hidden = () => kinds.filter((box) => !box.checked).map((box) => box.id.slice('show-'.length));
const shownAgain = () => {
  const hide = (state().get('hide') ?? '').split('~');
  for (const box of kinds) box.checked = !hide.includes(box.id.slice('show-'.length));
};
for (const box of kinds)
  box.addEventListener('change', () => {
    const hide = hidden().join('~');
    history.replaceState(null, '', hide === '' ? location.pathname : `#?${new URLSearchParams({ hide })}`);
  });
addEventListener('hashchange', () => location.hash.startsWith('#?') && shownAgain());
if (location.hash.startsWith('#?')) shownAgain();

// The link to the swapped page leads to the case that is open here.
const swap = $('swap');
swap?.addEventListener('click', () => {
  const at = document.querySelector('.compared[open]');
  if (at && swap.hash === '') swap.hash = at.id;
});
const byCase = stepper(() => all(':is(.compared, .alike) > summary').filter((one) => one.checkVisibility()));
Object.assign(commands, {
  j: () => byCase(1),
  k: () => byCase(-1),
  s: () => {
    const at = document.activeElement.closest('.compared');
    if (at && swap) swap.hash = at.id;
    swap?.click();
  },
  u: () => document.querySelector('nav.top a')?.click(),
});
