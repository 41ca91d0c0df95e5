#pragma once

#include "gradiva/core/namespace.hpp"

#include <string_view>

namespace GRADIVA_NAMESPACE::detail {

/// The style sheet of a report. Colours c0 to c5 are those of groups: light and dark, told apart by people who do not
/// see all colours, and of a contrast of at least 3 with the surface; that of texts is at least 4.5.
inline constexpr std::string_view report_style = R"css(
:root { color-scheme: light; --page: #f6f7f9; --surface: #ffffff; --line: #dde1e7; --grid: #e9ecf0; --text: #1b2027;
  --muted: #596371; --accent: #0a5ca8; --chosen: #e6f0fa;
  --c0: #0067a5; --c1: #c04a00; --c2: #007f5b; --c3: #a8327d; --c4: #6656b8; --c5: #846400; }
:root[data-theme="dark"] { color-scheme: dark; --page: #0e1217; --surface: #161b22; --line: #2c333d; --grid: #222933;
  --text: #e7ebf0; --muted: #9da8b5; --accent: #7cb9f6; --chosen: #1c2a3a;
  --c0: #6cb4ea; --c1: #ff9957; --c2: #4cc795; --c3: #ec8fc9; --c4: #b4a7f5; --c5: #d8b84c; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); line-height: 1.45;
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif; }
header, main, footer { max-width: 1180px; margin: 0 auto; padding: 0 24px; }
header { display: flex; align-items: flex-start; gap: 16px; padding-top: 28px; }
header > div { flex: 1; min-width: 0; }
h1 { margin: 0; font-size: 26px; font-weight: 650; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h2 { margin: 36px 0 12px; font-size: 18px; font-weight: 650; }
p { margin: 10px 0; }
.muted, .sub { color: var(--muted); }
.sub { margin: 2px 0 0; }
button, select { font: inherit; color: var(--text); background: var(--surface); border: 1px solid var(--line);
  border-radius: 7px; padding: 4px 11px; min-height: 32px; cursor: pointer; }
button:hover, select:hover { border-color: var(--muted); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 12px; top: 8px; z-index: 9; background: var(--surface); color: var(--accent); padding: 6px 10px; }
.bar { display: flex; flex-wrap: wrap; gap: 10px 18px; align-items: center; justify-content: space-between;
  padding: 8px 0 10px; background: var(--page); z-index: 3; }
.bar.stays { position: sticky; top: 0; }
.bar.alone { margin-top: -50px; }
.legend { display: flex; flex-wrap: wrap; gap: 6px; min-width: 0; max-height: 190px; overflow: auto; padding: 3px; margin: -3px; }
.legend button { display: inline-flex; align-items: center; gap: 8px; max-width: 100%; }
.legend button[aria-pressed="true"] { background: var(--chosen); }
.legend button[aria-pressed="false"] { color: var(--muted); }
.legend button[aria-pressed="false"] .name { text-decoration: line-through; }
.name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; max-width: 34ch; }
.card { background: var(--surface); border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; }
.tile .value { display: block; font-size: 25px; font-weight: 620; letter-spacing: -0.01em;
  font-variant-numeric: tabular-nums; }
.tile .label, .tile .more { display: block; color: var(--muted); font-size: 13px; }
.scroll { overflow-x: auto; padding: 4px 18px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 7px 14px 7px 0; border-bottom: 1px solid var(--grid); vertical-align: middle; }
tr:last-child > td, tr:last-child > th { border-bottom: 0; }
thead th { color: var(--muted); font-weight: 500; font-size: 13px; white-space: nowrap; border-color: var(--line); }
tbody th { font-weight: 500; }
td.number, th.number { text-align: right; white-space: nowrap; }
td.long { overflow-wrap: anywhere; }
.key { display: inline-flex; gap: 8px; align-items: center; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(270px, 1fr)); gap: 14px; }
figure { margin: 0; min-width: 0; }
figcaption { display: flex; justify-content: space-between; gap: 10px; margin-bottom: 4px; font-weight: 550;
  overflow-wrap: anywhere; }
.charts figcaption { font-size: 14px; }
figcaption .now { color: var(--muted); font-weight: 400; font-variant-numeric: tabular-nums; white-space: nowrap; }
.plot { position: relative; border-radius: 6px; touch-action: pan-y; cursor: crosshair; }
.plot svg { display: block; width: 100%; overflow: visible; }
.plot text { fill: var(--muted); font-size: 12px; font-variant-numeric: tabular-nums; }
.charts .plot text { font-size: 11px; }
.grid { stroke: var(--grid); }
.cursor { stroke: var(--muted); stroke-dasharray: 3 3; }
.tip { position: fixed; z-index: 8; pointer-events: none; background: var(--surface); border: 1px solid var(--line);
  border-radius: 8px; box-shadow: 0 4px 18px rgb(0 0 0 / 0.16); padding: 8px 11px; font-size: 13px; max-width: min(480px, 96vw);
  font-variant-numeric: tabular-nums; }
.tip[hidden] { display: none; }
.tip b { display: block; font-weight: 550; margin-bottom: 3px; }
.tip div { display: flex; gap: 8px; align-items: center; }
.tip .name { max-width: 26ch; }
.tip div > span:last-child { margin-left: auto; padding-left: 8px; white-space: nowrap; }
details { margin-top: 8px; }
summary { cursor: pointer; color: var(--muted); font-size: 13px; width: fit-content; border-radius: 4px; }
summary:hover { color: var(--text); }
.rows { max-height: 320px; overflow: auto; margin-top: 6px; font-size: 13px; }
.rows thead th { position: sticky; top: 0; background: var(--surface); }
.players { display: grid; gap: 14px; grid-template-columns: repeat(auto-fill, minmax(min(100%, 420px), 1fr)); }
:root .gradiva-player { --gradiva-background: var(--surface); --gradiva-foreground: var(--text);
  --gradiva-muted: var(--muted); --gradiva-faint: var(--line); --gradiva-accent: var(--c0); --gradiva-warm: var(--c1);
  --gradiva-good: var(--c2); --gradiva-bad: var(--c3); font: inherit; }
.note { border-left: 3px solid var(--c1); padding-left: 10px; }
footer { padding: 32px 24px 40px; color: var(--muted); font-size: 13px; }
@media (max-width: 620px) { header, main, footer { padding-left: 14px; padding-right: 14px; }
  .card { padding: 12px; } .name { max-width: 22ch; } .bar.stays { position: static; } }
@media print { .bar, #theme, details { display: none; } body { background: #fff; } }
)css";

}  // namespace GRADIVA_NAMESPACE::detail
