// biome-ignore-all lint/correctness/noUnusedVariables: the scripts of a page share their variables
// The script of a case page: steps to other cases, hides rows of the wire log, copies text.
const wanted = state();
const filtered = location.hash.startsWith('#?');
const of = unpackIds(wanted.get('of') ?? '');
const steps = { j: document.querySelector('[rel=next]'), k: document.querySelector('[rel=prev]') };
const here = of.indexOf(document.body.dataset.case);
if (here !== -1) {
  // If a filtered matrix opened this page, the next and previous case are those of the filter.
  for (const [key, by] of [
    ['j', 1],
    ['k', -1],
  ]) {
    const id = of[here + by];
    const link = steps[key];
    if (!link) continue;
    if (id === undefined) {
      link.remove();
      steps[key] = null;
    } else {
      link.href = `${id}.html`;
      link.querySelector('b').textContent = id;
    }
  }
}
const up = document.querySelector('nav.top a');
if (filtered) {
  up.hash = `?${new URLSearchParams({ q: wanted.get('q') ?? '', at: document.body.dataset.case })}`;
  // Links to other cases keep the filter.
  const along = state();
  along.delete('at');
  for (const link of all('.steps a, .others a')) link.hash = `?${along}`;
}

// The fragment of the address contains the filter, so the place on the page is the parameter `at` instead of an anchor.
const show = (id) => {
  for (const one of all('.at')) one.classList.remove('at');
  const part = id && $(id);
  if (!part) return;
  part.classList.add('at');
  part.scrollIntoView({ block: part.matches('tr') ? 'center' : 'start' });
};
show(wanted.get('at'));
addEventListener('hashchange', () => show(state().get('at')));
document.addEventListener('click', (event) => {
  const link = event.target.closest('main a[href^="#"]');
  if (!link || !location.hash.startsWith('#?')) return;
  event.preventDefault();
  const place = state();
  place.set('at', link.hash.slice(1));
  history.replaceState(null, '', `#?${place}`);
  show(link.hash.slice(1));
});

const follow = (link) => () => link?.click();
const reveal = (id) => () => {
  const part = $(id);
  if (!part) return;
  part.tabIndex = -1;
  part.focus();
  part.scrollIntoView();
};

const copyLink = copyButton('copy link', () => location.href);
$('theme').before(copyLink, ' ');

const views = $('wire-view');
if (views) {
  views.hidden = false;
  const octets = () =>
    all('#wire-log .octets').map((row) => {
      const hex = all('code, pre', row).map((one) => one.textContent.replace(/[ \n](?=[0-9a-f]{2})/g, ''));
      return `${row.id.slice(1)} ${row.cells[1].textContent} ${hex.join('')}`;
    });
  views.append(copyButton('copy hex', () => octets().join('\n')));
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
