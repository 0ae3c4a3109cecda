// What only the browser can do for the console. Loaded as a module; nothing here builds HTML.

const typing = element => element && (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName));

// Keys are told to the shell, which knows where they lead; those of a text being typed are left alone.
export function listenToKeys(shell) {
    document.addEventListener('keydown', event => {
        if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
        if (event.key === '/') {
            const search = document.querySelector('#main [data-search] input, #main input[type=search], #main input[data-search]');
            if (search) { event.preventDefault(); search.focus(); search.select?.(); }
            return;
        }
        if (event.key === 'j' || event.key === 'k') { if (moveRow(event.key === 'j' ? 1 : -1)) event.preventDefault(); return; }
        if (/^[a-z?]$/.test(event.key)) shell.invokeMethodAsync('Pressed', event.key);
    });
}

// The links of a table's first cells are its rows to the keyboard.
function moveRow(step) {
    const links = [...document.querySelectorAll('#main table tbody [data-row-link]')];
    if (links.length === 0) return false;
    const at = links.indexOf(document.activeElement);
    links[Math.min(links.length - 1, Math.max(0, at < 0 ? 0 : at + step))].focus();
    return true;
}

export const remember = (name, value) => value === null ? localStorage.removeItem(name) : localStorage.setItem(name, value);
export const recall = name => localStorage.getItem(name);
export const prefersDark = () => matchMedia('(prefers-color-scheme: dark)').matches;
export const copy = text => navigator.clipboard ? navigator.clipboard.writeText(text).then(() => true, () => false) : false;
export const focusHeading = () => document.querySelector('#main h1')?.focus();
export const setTheme = dark => { document.documentElement.dataset.theme = dark ? 'dark' : 'light'; };
export const takeFragment = () => { const text = location.hash.slice(1); if (text) history.replaceState(null, '', location.pathname + location.search); return text; };
export const timeZones = () => ['UTC', ...Intl.supportedValuesOf('timeZone').filter(zone => zone !== 'UTC')];
