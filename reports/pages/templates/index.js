// biome-ignore-all lint/correctness/noUnusedVariables: the scripts of a page share their variables
// The script of the index page: filters the matrix by the search, keeps the search in the address, and moves the focus.
const form = $('filter');
const search = $('search');
const shown = $('shown');
const boxes = all('input[data-word]');
const counters = all('a[data-word]');
const folds = all('details.category').map((fold) => ({ fold, open: fold.open }));
const bodies = all('.matrix tbody');
const names = all('.agents .name').map((name) => name.textContent);
const words = JSON.parse(document.querySelector('.agents')?.dataset.words ?? '{"grades":[],"closes":[],"groups":{}}');
const packed = all('.agents .name').map((name) => unpackCells(name.dataset.cells, name.textContent, words));
const rows = all('tr[data-case]').map((row, at) => {
  const cells = packed.map((agent) => agent[at]);
  const said = cells.map(({ grade, close, code, verdict, known }) =>
    [
      grade,
      ['', words.closes[0]].includes(close) ? '' : `close ${close}`,
      code,
      verdict === 'same' ? '' : verdict,
      known ? 'known' : '',
    ].join(' '),
  );
  return { row, id: row.dataset.case, cells, text: `${row.cells[0].textContent} ${said.join(' ')}`.toLowerCase() };
});
form.hidden = rows.length === 0;

const apply = () => {
  const typed = search.value.trim();
  const query = parseQuery(typed, { ...words, agents: names });
  let n = 0;
  const kept = new Set();
  for (const one of rows) {
    const keep = query.matches(one);
    if (one.row.hidden === keep) one.row.hidden = !keep;
    if (keep) {
      n++;
      kept.add(one.row.parentElement);
    }
  }
  for (const body of bodies) body.hidden = !kept.has(body);
  for (const one of folds) {
    const any = bodies.some((body) => kept.has(body) && one.fold.contains(body));
    one.fold.hidden = !any;
    if (typed !== '') one.fold.open = any;
    else if (one.filtered) one.fold.open = one.open;
    one.filtered = typed !== '';
  }
  const typedWords = typed.toLowerCase().split(/\s+/);
  for (const box of boxes) box.checked = typedWords.includes(box.dataset.word);
  for (const counter of counters) {
    if (typedWords.includes(counter.dataset.word)) counter.setAttribute('aria-current', 'true');
    else counter.removeAttribute('aria-current');
  }
  shown.textContent = [`${n} of ${rows.length} cases shown.`, ...query.problems].join(' ');
};

const keep = () => {
  const q = search.value.trim();
  history.replaceState(null, '', q === '' ? location.pathname + location.search : `#?${new URLSearchParams({ q })}`);
};
const ask = (words) => {
  search.value = words;
  apply();
  keep();
};
const restore = () => {
  const wanted = state();
  if (!location.hash.startsWith('#?')) return;
  search.value = wanted.get('q') ?? '';
  apply();
  const at = wanted.get('at');
  const row = rows.find(({ id }) => id === at);
  if (!row) return;
  row.row.closest('details').open = true;
  row.row.querySelector('a').focus();
  row.row.scrollIntoView({ block: 'center' });
};

form.addEventListener('submit', (event) => event.preventDefault());
search.addEventListener('input', () => {
  apply();
  keep();
});
for (const box of boxes) box.addEventListener('change', () => ask(toggleWord(search.value, box.dataset.word)));
for (const counter of counters)
  counter.addEventListener('click', (event) => {
    event.preventDefault();
    const { word } = counter.dataset;
    if (event.ctrlKey || event.metaKey) ask(toggleWord(search.value, word));
    else ask(search.value.trim() === word ? '' : word);
    $('cases').scrollIntoView();
  });
$('unfold').addEventListener('click', () => {
  const open = folds.some(({ fold }) => !fold.hidden && !fold.open);
  for (const { fold } of folds) fold.open = open;
});
addEventListener('hashchange', restore);

// A link from a filtered matrix carries the filter and the ids of the shown cases, so that the page of a case can step among them.
const withFilter = (event) => {
  const link = event.target.closest('.matrix td a');
  const q = search.value.trim();
  if (!link) return;
  if (q === '') {
    link.hash = '';
    return;
  }
  const of = packIds(rows.filter(({ row }) => !row.hidden).map(({ id }) => id));
  link.hash = `?${new URLSearchParams({ q, of })}`;
};
for (const way of ['click', 'auxclick', 'contextmenu']) document.addEventListener(way, withFilter);

const byRow = stepper(() => rows.filter(({ row }) => !row.hidden).map(({ row }) => row.querySelector('a')));
const byProblem = stepper(() => all('.attention li').map((line) => line.querySelector('a')));
// The address contains the filter, so a copied link shows the same rows.
const copyLink = $('copy-link');
copyLink.addEventListener('click', () => copy(location.href, copyLink));
Object.assign(commands, {
  '/': () => {
    search.focus();
    search.select();
  },
  j: () => byRow(1),
  k: () => byRow(-1),
  n: () => byProblem(1),
  p: () => byProblem(-1),
  c: () => copyLink.click(),
  u: () => scrollTo(0, 0),
  Escape: () => ask(''),
  leave: () => {
    if (search.value === '') search.blur();
    else ask('');
  },
});
restore();
