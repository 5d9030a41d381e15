/** Style of the documentation page: light or dark by preference, and usable on phones. */
export const docsStyle = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#fff, #14161a);
  --raised: light-dark(#f5f6f8, #1d2026);
  --line: light-dark(#d9dce2, #343943);
  --ink: light-dark(#1b1f27, #e7e9ee);
  --faint: light-dark(#586070, #a3abb9);
  --accent: light-dark(#1d4fd7, #8fb2ff);
  --good: light-dark(#116b3a, #74d6a0);
  --bad: light-dark(#a61b1b, #ff9d94);
  --warn: light-dark(#8a4b00, #ffc46b);
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0 auto; max-width: 76rem; padding: 1rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--ground); padding: .5rem; z-index: 1; }
h1 { margin: 1rem 0 0; font-size: 1.8rem; text-wrap: balance; }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.3rem; text-transform: capitalize; }
h3 { margin: 1.25rem 0 .25rem; font-size: 1rem; }
h4 { margin: 1.25rem 0 .4rem; font-size: .85rem; color: var(--faint); font-weight: 600; }
header p, .note { color: var(--faint); }
code, pre { font: .9em/1.5 ui-monospace, 'Cascadia Mono', Menlo, monospace; }
pre { margin: .5rem 0; padding: .75rem; overflow: auto; background: var(--ground); border: 1px solid var(--line);
  border-radius: 6px; overflow-wrap: normal; }
nav ul { list-style: none; margin: 1rem 0; padding: 0; display: flex; flex-wrap: wrap; gap: .25rem 1rem; }
nav a { text-decoration: none; text-transform: capitalize; }
nav a:hover { text-decoration: underline; }
.operation { border: 1px solid var(--line); border-radius: 8px; background: var(--raised); margin: .5rem 0; }
summary { cursor: pointer; }
.operation > summary { padding: .6rem .8rem; display: flex; flex-wrap: wrap; align-items: baseline; gap: .35rem .6rem; list-style: none; }
.operation > summary::-webkit-details-marker { display: none; }
.operation > summary:hover .path { text-decoration: underline; }
.operation[open] > summary { border-bottom: 1px solid var(--line); }
.operation:target { border-color: var(--accent); }
.inside { padding: 0 .8rem .8rem; }
.summary { color: var(--faint); flex: 1 1 12rem; }
.method { font: 700 .8rem ui-monospace, monospace; min-width: 3.6rem; color: var(--accent); }
.method.post, .method.put, .method.patch { color: var(--good); }
.method.delete { color: var(--bad); }
.badge { font-size: .75rem; padding: 0 .5em; border: 1px solid var(--line); border-radius: 1em; color: var(--faint); white-space: nowrap; }
.warn { color: var(--warn); }
.type { color: var(--accent); }
.name { color: var(--ink); }
.limit, .maybe { color: var(--faint); font-size: .9em; }
.shape { list-style: none; margin: .15rem 0 .15rem .35rem; padding: 0 0 0 .9rem; border-left: 1px solid var(--line); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); }
td:nth-child(-n + 2) { white-space: nowrap; }
th { font-size: .8rem; color: var(--faint); font-weight: 600; }
.failures { list-style: none; margin: 0; padding: 0; }
.status { font-variant-numeric: tabular-nums; color: var(--faint); font-weight: 600; }
.problem:target, article:target { outline: 2px solid var(--accent); outline-offset: .4rem; border-radius: 4px; }
.problem p { margin: 0 0 1rem; }
@media (min-width: 56rem) {
  .columns { display: grid; grid-template-columns: 11rem 1fr; gap: 2.5rem; }
  nav ul { display: block; position: sticky; top: 1rem; }
  nav li { margin: .3rem 0; }
  nav .apart { margin-top: 1.2rem; }
}
@media print { nav, .skip { display: none; } }
`
