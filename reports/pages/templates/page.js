// biome-ignore-all lint/correctness/noUnusedVariables: the scripts of a page share their variables
// The script of all pages: light and dark colours, the list of keys, and state in the address. Pages are complete without it.
const $ = (id) => document.getElementById(id);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const root = document.documentElement;

// A page that was opened from disk may have no storage. A setting is then lost when the page is closed.
const wishes = {
  get(name) {
    try {
      return localStorage.getItem(`ws-conformance ${name}`);
    } catch {
      return null;
    }
  },
  set(name, value) {
    try {
      localStorage.setItem(`ws-conformance ${name}`, value);
    } catch {}
  },
};

const theme = wishes.get('theme');
if (theme === 'dark' || theme === 'light') root.dataset.theme = theme;
const turnTheme = () => {
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
  wishes.set('theme', root.dataset.theme);
};

const state = () => new URLSearchParams(location.hash.startsWith('#?') ? location.hash.slice(2) : '');

const keysOn = $('keys-on');
keysOn.checked = wishes.get('keys') !== 'off';
keysOn.addEventListener('change', () => wishes.set('keys', keysOn.checked ? 'on' : 'off'));
const sheet = $('keys');
const openSheet = () => {
  sheet.showModal();
  sheet.scrollTop = 0;
};
const commands = { '?': openSheet, d: turnTheme };
$('theme').addEventListener('click', turnTheme);
$('help').addEventListener('click', commands['?']);
for (const tools of all('.tools')) tools.hidden = false;

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || sheet.open) return;
  if (event.target.matches('input:not([type=checkbox]), textarea, select')) {
    if (event.key === 'Escape' && commands.leave) commands.leave();
    return;
  }
  const command = keysOn.checked && Object.hasOwn(commands, event.key) && commands[event.key];
  if (!command) return;
  event.preventDefault();
  command();
});

// Printing unfolds every part of the page, and folds the parts again afterwards.
let folded = [];
addEventListener('beforeprint', () => {
  folded = all('details:not([open])');
  for (const part of folded) part.open = true;
});
addEventListener('afterprint', () => {
  for (const part of folded) part.open = false;
});

for (const time of all('time')) time.title = new Date(time.dateTime).toLocaleString();

// Buttons that copy text, each in front of the text that it copies.
const copy = async (text, button) => {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = 'copied';
  } catch {
    button.textContent = 'not allowed here: select the text';
  }
};
const copyButton = (words, what) => {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy';
  button.textContent = words;
  button.addEventListener('click', () => copy(what(), button));
  return button;
};
for (const part of all('[data-copy]'))
  part.before(copyButton(part.dataset.copy, () => (part.querySelector('pre') ?? part).textContent));

// Moves the focus by one within a list of links, starting at the last position.
const stepper = (links) => {
  let at = -1;
  return (by) => {
    const list = links();
    if (list.length === 0) return;
    const here = list.indexOf(document.activeElement);
    at = Math.min(Math.max((here === -1 ? at : here) + by, 0), list.length - 1);
    // Parents are unfolded, so that the link is visible. The link's own fold stays closed: Enter opens it.
    for (
      let fold = (list[at].closest('summary')?.parentElement.parentElement ?? list[at]).closest('details:not([open])');
      fold;
      fold = fold.parentElement.closest('details:not([open])')
    )
      fold.open = true;
    list[at].focus();
    list[at].scrollIntoView({ block: 'center' });
  };
};
