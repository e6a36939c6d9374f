"""The look of a report's page, in light and in dark."""

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1c2128; --quiet: #57606a; --line: #d0d7de; --card: #f6f8fa; --accent: #0a5fb4;
  --part0: #2f6fb3; --part1: #1b7f6b; --part2: #b04a12; --part3: #7349ad; --part4: #626a75; --part5: #9a9fa6;
  --inside: #ffffff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181d; --ink: #dfe4ea; --quiet: #9aa4af; --line: #333b44; --card: #1c2229; --accent: #79b8ff;
    --part0: #7fb2e5; --part1: #5ccbb0; --part2: #f0a36b; --part3: #c0a3ea; --part4: #a9b1bb; --part5: #6d747c;
    --inside: #14181d;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 62rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; }
h2 { font-size: 1.25rem; margin: 2.75rem 0 .5rem; padding-top: 1rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.75rem 0 .5rem; }
p, ul { margin: .25rem 0 .75rem; }
ul { padding-left: 1.25rem; }
.quiet, .notes { color: var(--quiet); }
.notes { font-size: .875rem; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); gap: 1rem; margin: 1rem 0; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .9rem 1rem; }
.card h3 { margin: 0; font-size: .875rem; color: var(--quiet); font-weight: 600; }
.card .lane { font-size: 1.25rem; font-weight: 650; color: var(--accent); }
.card .none { font-size: 1.05rem; font-weight: 600; }
.card ul { font-size: .875rem; margin: .5rem 0 0; padding-left: 1.1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; font-variant-numeric: tabular-nums;
  overflow-wrap: normal; }
th, td { text-align: right; padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top;
  white-space: nowrap; }
th:first-child, td:last-child.why { text-align: left; }
th.why { text-align: left; }
td.why { white-space: normal; min-width: 13rem; color: var(--quiet); }
td.why strong { color: var(--ink); }
td.best { font-weight: 650; color: var(--accent); }
thead th { color: var(--quiet); font-weight: 600; }
tbody th { font-weight: 500; }
small { color: var(--quiet); font-weight: 400; }
figure { margin: 1rem 0; }
figcaption { color: var(--quiet); font-size: .875rem; margin-bottom: .4rem; }
svg { display: block; width: 100%; max-width: 46rem; height: auto; font-family: system-ui, sans-serif; }
svg text { fill: var(--ink); }
svg .name { font-weight: 600; }
svg .tick { fill: var(--quiet); }
svg .inside { fill: var(--inside); pointer-events: none; }
svg .axis { stroke: var(--quiet); }
svg .grid { stroke: var(--line); stroke-dasharray: 2 3; }
svg .mark { stroke: var(--ink); stroke-width: 2.5; }
svg .interval { stroke: var(--accent); stroke-width: 2; }
svg .point { fill: var(--accent); }
svg .part0 { fill: var(--part0); } svg .part1 { fill: var(--part1); } svg .part2 { fill: var(--part2); }
svg .part3 { fill: var(--part3); } svg .part4 { fill: var(--part4); } svg .part5 { fill: var(--part5); }
details { margin: 1.25rem 0; }
summary { cursor: pointer; color: var(--accent); }
@media print { details > * { display: block; } body { max-width: none; } }
"""
