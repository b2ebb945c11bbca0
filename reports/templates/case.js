// biome-ignore-all lint/correctness/noUnusedVariables: the scripts of one page share one scope
// A case: steps to its neighbours, shows parts of the wire log, copies.
const wanted = state();
const of = (wanted.get('of') ?? '').split('~');
const steps = { j: document.querySelector('[rel=next]'), k: document.querySelector('[rel=prev]') };
const here = of.indexOf(document.body.dataset.case);
if (here !== -1) {
  // The neighbours are those of the filtered matrix this page was opened from.
  for (const [key, by] of [
    ['j', 1],
    ['k', -1],
  ]) {
    const id = of[here + by];
    const link = steps[key];
    if (!link) continue;
    if (id === undefined || !/^[\d.]+$/.test(id)) {
      link.remove();
      steps[key] = null;
    } else {
      link.href = `${id}.html${location.hash}`;
      link.querySelector('b').textContent = id;
    }
  }
}
const up = document.querySelector('nav.top a');
if (location.hash.startsWith('#?'))
  up.hash = `?${new URLSearchParams({ q: wanted.get('q') ?? '', at: document.body.dataset.case })}`;

const follow = (link) => () => link?.click();
const reveal = (id) => () => {
  const part = $(id);
  if (!part) return;
  part.tabIndex = -1;
  part.focus();
  part.scrollIntoView();
};

const link = () => location.href.replace(/#\?.*/, '');
const copyLink = copyButton('copy link', link);
$('theme').before(copyLink, ' ');

const views = $('wire-view');
if (views) {
  views.hidden = false;
  views.addEventListener('change', () => {
    for (const box of all('input', views)) $('wire-log').classList.toggle(`no-${box.name}`, !box.checked);
  });
}

Object.assign(commands, {
  j: () => follow(steps.j)(),
  k: () => follow(steps.k)(),
  n: follow($('next-problem')),
  p: follow($('previous-problem')),
  u: follow(up),
  e: reveal('verdict'),
  w: reveal('wire'),
  c: () => copyLink.click(),
});
