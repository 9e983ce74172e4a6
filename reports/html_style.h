// SPDX-License-Identifier: MIT
#pragma once

// The style sheet of report.html: system fonts, one accent colour, greys, and one tone for warnings.
// Contrast of text is at least 4.5:1 in both schemes.

namespace proctor {

inline constexpr char kHtmlStyle[] = R"css(
:root{color-scheme:light dark;--bg:#f7f7f5;--card:#fff;--ink:#1c1f22;--soft:#5b626a;--line:#e3e4e1;--accent:#0b6e5f;
--accent-soft:#e3f1ee;--g1:#b9bec3;--g2:#dfe2e4;--g3:#7d858c;--warn:#8a5300;--warn-soft:#fcf3e2;--warn-mark:#d99a3c}
@media (prefers-color-scheme:dark){:root{--bg:#131517;--card:#1b1e21;--ink:#e8eaec;--soft:#a2aab1;--line:#30353a;
--accent:#4cc2ac;--accent-soft:#17312d;--g1:#5a626a;--g2:#3a4046;--g3:#8c959d;--warn:#f0bd6b;--warn-soft:#2e2414;
--warn-mark:#c98d35}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,
"Noto Sans",
"Helvetica Neue",Arial,sans-serif}
.page{max-width:1200px;margin:0 auto;padding:56px 28px 72px}
h1{font-size:clamp(1.7rem,4.5vw,2.5rem);line-height:1.15;letter-spacing:-.02em;margin:.15em 0 .3em;
overflow-wrap:anywhere}
h2{font-size:1.35rem;letter-spacing:-.01em;margin:0;overflow-wrap:anywhere}
h3{font-size:.95rem;margin:0 0 .7em}
p{margin:.5em 0}
p,li{overflow-wrap:anywhere}
a{color:var(--accent)}
.kicker{color:var(--accent);font-weight:600;font-size:.82rem;letter-spacing:.08em;text-transform:uppercase;margin:0}
.facts,.muted{color:var(--soft)}
.facts{margin:0;display:flex;flex-wrap:wrap;gap:.1em 1.3em;font-size:.95rem}
.small{font-size:.86rem}
.note,.warnings{border-left:3px solid var(--warn-mark);background:var(--warn-soft);border-radius:0 8px 8px 0;
padding:.75em 1.1em;margin:1.6em 0 0}
.note strong,.warnings h2{color:var(--warn)}
.warnings h2{font-size:.95rem}
.warnings ul{margin:.35em 0 0;padding-left:1.1em}
.card{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:28px;margin-top:28px}
.card>header{display:flex;flex-wrap:wrap;align-items:baseline;gap:.2em .9em;margin-bottom:1.2em}
.card>header>*,.facts>*{min-width:0;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--soft);font-size:.86rem;padding-bottom:.5em}
th,td{padding:.5em .6em;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{padding-left:0}
th:last-child,td:last-child{padding-right:0}
thead th{vertical-align:bottom;color:var(--soft);font-weight:500;font-size:.84rem}
tbody tr:last-child>*{border-bottom:0}
tbody th.l{font-weight:600;min-width:7.5em;white-space:normal;overflow-wrap:anywhere}
.l{text-align:left}
td.l{white-space:normal;overflow-wrap:anywhere}
.lead{font-weight:650;color:var(--accent)}
.scroll{overflow-x:auto}
.scroll tr>:first-child{position:sticky;left:0;background:var(--card)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(135px,1fr));gap:1.3em 1.4em;margin:0 0 1.7em}
.tiles div{border-top:2px solid var(--line);padding-top:.6em}
.tiles div:first-child{border-color:var(--accent)}
.tiles dt{color:var(--soft);font-size:.86rem}
.tiles dd{margin:0;font-size:1.7rem;line-height:1.2;overflow-wrap:anywhere;font-weight:650;letter-spacing:-.02em;
font-variant-numeric:tabular-nums}
.tiles div:first-child dd{color:var(--accent)}
.tiles .how{display:block;font-size:.78rem;font-weight:400;letter-spacing:0;line-height:1.35;color:var(--soft);
margin-top:.35em}
svg{display:block;max-width:100%;height:auto}
svg.verdicts{width:100%;height:14px;border-radius:7px}
.cell svg.verdicts{min-width:110px;height:9px;border-radius:5px}
.legend{display:flex;flex-wrap:wrap;gap:.2em 1.4em;list-style:none;margin:.7em 0 0;padding:0;font-size:.88rem;
font-variant-numeric:tabular-nums}
.legend svg{display:inline-block;width:10px;height:10px;margin-right:.45em;border-radius:2px}
.v-correct{fill:var(--accent)}.v-incorrect{fill:var(--g1)}.v-no_answer{fill:var(--g2)}
.v-truncated{fill:var(--warn-mark)}
.v-timed_out{fill:var(--g3)}.v-forbidden{fill:var(--ink)}
.v-not_graded{fill:none;stroke:var(--soft);stroke-width:1;stroke-dasharray:2 1.5}
svg[width]{min-width:min(100%,300px)}svg.matrix{min-width:0}svg.samples{max-width:none}.matrix .tick{font-size:8.5px}.roomy .tick{font-size:10.5px}.cell svg{width:104px;min-width:104px;max-width:none}
.h0{fill:var(--g2)}.h1{fill:var(--accent);opacity:.22}.h2{fill:var(--accent);opacity:.29}.h3{fill:var(--accent);
opacity:.37}
.h4{fill:var(--accent);opacity:.45}.h5{fill:var(--accent);opacity:.53}.h6{fill:var(--accent);opacity:.61}
.h7{fill:var(--accent);opacity:.69}.h8{fill:var(--accent);opacity:.78}.h9{fill:var(--accent);opacity:.88}
.h10{fill:var(--accent)}
.plots{display:flex;flex-wrap:wrap;gap:34px;margin-top:2em;align-items:flex-start}
.plots figure{margin:0;flex:1 1 340px;min-width:0;max-width:540px}
figure{margin:0}
figure.wide{max-width:860px}.card>*+.scroll{margin-top:1.5em}figure.wide svg{width:100%}
.plots.small .tick{font-size:14px}.plots.small .label{font-size:14px}.plots.small figure{flex-basis:250px;max-width:340px}
figcaption{color:var(--soft);font-size:.86rem;margin-top:.8em}
.grid{stroke:var(--line);fill:none}
.tick{fill:var(--soft);font-size:11.5px;font-variant-numeric:tabular-nums}
.label{font-size:12.5px;font-weight:600;font-variant-numeric:tabular-nums}
.end{text-anchor:end}.mid{text-anchor:middle}
.line{fill:none;stroke-width:2;stroke-linejoin:round}
.line.ci{stroke:var(--accent);stroke-width:5}.line.ci-wide{stroke:var(--soft);stroke-width:2}.ci-tick{stroke:var(--ink);stroke-width:1.5}.ci-bar{width:10rem;height:.9rem}
.line.s-pass{stroke:var(--accent)}.line.s-maj{stroke:var(--ink);stroke-dasharray:5 3.5}
.line.s-best{stroke:var(--soft);stroke-dasharray:1.5 3}
.line.s-hat{stroke:var(--g3);stroke-width:1.4}.line.s-frontier{stroke:var(--accent);stroke-width:1.6;opacity:.6}
text.s-pass{fill:var(--accent)}text.s-maj{fill:var(--ink)}text.s-best{fill:var(--soft)}text.s-hat{fill:var(--soft)}
.dot{stroke:var(--card);stroke-width:1.2}
.dot.s-pass{fill:var(--accent)}.dot.s-maj{fill:var(--ink)}.dot.s-best{fill:var(--soft)}.dot.s-hat{fill:var(--g3)}
.dot.flagged{fill:var(--card);stroke:var(--ink)}
.headline{font-size:1.25rem;line-height:1.45;margin:1.1em 0 0;max-width:46em}
.headline b{color:var(--accent);font-variant-numeric:tabular-nums}
ul.plain{list-style:none;margin:0;padding:0;font-size:1.08rem}ul.plain li+li{margin-top:.6em}ul.runs{margin-top:1em;font-size:1rem}ul.runs li+li{margin-top:.15em}.letter{display:inline-block;min-width:1.3em;color:var(--accent)}
ul.sentences{margin:1.6em 0;font-size:.95rem}ul.sentences li+li{margin-top:.3em}
.area{fill:var(--accent);opacity:.12;stroke:none}
.median{stroke:var(--soft);stroke-width:1.4;stroke-dasharray:3 3;fill:none}
.median.m-correct{stroke:var(--ink)}.median.m-wrong{stroke:var(--g3)}
.cross{stroke:var(--soft);stroke-width:1.5;fill:none;opacity:.75}
.u-prompt{fill:var(--g2)}.u-cached{fill:var(--g1)}.u-reasoning{fill:var(--accent);opacity:.55}.u-answer{fill:var(--accent)}
.key{display:inline-block;width:.7em;height:.7em;border-radius:2px;margin:0 .35em 0 .5em}
.v-correct-key{background:var(--accent)}.v-incorrect-key{background:var(--g1)}
.dotcell{display:inline-block;width:.75em;height:.75em;margin-right:.4em;vertical-align:-.05em}
.label{fill:var(--ink)}
math{font-family:"STIX Two Math","Cambria Math","Latin Modern Math",math;font-size:1.08em}
math[display=block]{display:block math;margin:.3em 0}
.boxed{border:1px solid var(--accent);border-radius:4px;padding:.1em .3em}
.block{margin-top:2em}
.bar{display:inline-block;width:130px;height:9px;border-radius:5px;background:var(--g2);overflow:hidden;
vertical-align:middle}
.bar i{display:block;height:100%;background:var(--accent)}
details{border-top:1px solid var(--line);margin-top:1.5em;padding-top:1.1em}
summary{cursor:pointer;font-weight:600;font-size:.95rem}
summary:focus-visible{outline:2px solid var(--accent);outline-offset:3px;border-radius:3px}
details>:not(summary){margin-top:1em}
details+details{margin-top:1.1em}
.example{border:1px solid var(--line);border-radius:10px;padding:18px 20px;margin-top:1em}
.example header{display:flex;flex-wrap:wrap;gap:.3em .9em;align-items:baseline}
.example h4{margin:0;font-size:.98rem}
.badge{font-size:.8rem;font-weight:600;border:1px solid var(--line);border-radius:99px;padding:.06em .75em;
color:var(--soft)}
.badge.b-correct{color:var(--accent);background:var(--accent-soft);border-color:transparent}
.badge.b-truncated{color:var(--warn);background:var(--warn-soft);border-color:transparent}
.text{white-space:pre-wrap;overflow-wrap:anywhere;font:.86rem/1.55 ui-monospace,"SF Mono",Menlo,Consolas,
"DejaVu Sans Mono",
monospace;margin:.35em 0 0;max-height:26em;overflow:auto;background:var(--bg);border-radius:8px;padding:.8em 1em}
.example .what{color:var(--soft);font-size:.82rem;margin:1em 0 0}
.example details{border:0;margin-top:1em;padding:0}
.example summary{font-weight:500;font-size:.86rem;color:var(--soft)}
.example details>.text{margin-top:.5em}
dl.pairs{display:grid;grid-template-columns:max-content 1fr;gap:.35em 1.4em;margin:0;font-size:.92rem}
dl.pairs dt{color:var(--soft)}
dl.pairs dd{margin:0;overflow-wrap:anywhere}
footer{margin-top:2.4em;color:var(--soft);font-size:.86rem}
@media (max-width:640px){.page{padding:30px 16px 48px}.card{padding:20px 16px;border-radius:12px}
.tiles{grid-template-columns:repeat(2,1fr)}.tiles dd{font-size:1.5rem}dl.pairs{grid-template-columns:1fr;gap:0}
.plots .tick{font-size:14px}.plots .label{font-size:14px}.plots .matrix .tick{font-size:8.5px}.plots .roomy .tick{font-size:11px}.wide .tick{font-size:18px}.wide .label{font-size:18px}
dl.pairs dd{margin-bottom:.6em}.bar{width:80px}.example{padding:14px}th,td{padding:.45em .55em}
tbody th.l{min-width:8em}td.l:not(.cell){min-width:9em}caption{max-width:calc(100vw - 72px);position:sticky;left:0}.runs .small{display:block;margin-left:1.7em}}
@media (prefers-reduced-motion:no-preference){summary{transition:color .15s}}
@media print{:root{--bg:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#ccc;--accent:#0b6e5f;--accent-soft:#e3f1ee;--g1:#b9bec3;
--g2:#dfe2e4;--g3:#7d858c;--warn:#8a5300;--warn-soft:#fcf3e2;--warn-mark:#d99a3c}body{background:#fff;font-size:11pt}.page{max-width:none;padding:0}.card,.example{border-color:#ccc}
.card{padding:14pt;margin-top:14pt}figure,.tiles,.example header,tr{break-inside:avoid}.text{max-height:none}
.scroll{overflow:visible}.scroll tr>:first-child{position:static}.picture{display:none}table{font-size:7.5pt}
th,td{white-space:normal;padding:.4em .2em}tbody th.l{min-width:5em;overflow-wrap:anywhere}td.l:not(.cell){min-width:6em}.cell svg.verdicts{width:40px;min-width:40px}svg.samples{max-width:100%}
svg,.bar,.bar i,.note,.warnings,.badge{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
)css";

} // namespace proctor
