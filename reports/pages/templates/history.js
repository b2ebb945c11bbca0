// The script of the history page: the only command leads back to all cases.
Object.assign(commands, { u: () => document.querySelector('nav.top a')?.click() });
