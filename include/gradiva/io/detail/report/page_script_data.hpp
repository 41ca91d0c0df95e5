#pragma once

#include "gradiva/core/namespace.hpp"

#include <string_view>

namespace GRADIVA_NAMESPACE::detail {

/// The script of a report, first part: its data, and how numbers and names are written. Texts of users reach the page
/// as text nodes and attributes only, never as HTML.
inline constexpr std::string_view report_script_data = R"js(
const report = JSON.parse(document.getElementById('data').textContent);

const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
/** Numbers of a series: {range: [first, step, count]}, {f64: base64} or base64 of float32. */
const decoded = (code) => {
  if (code === undefined) return null;
  if (code.range) return Float64Array.from({length: code.range[2]}, (_, i) => code.range[0] + i * code.range[1]);
  if (code.f64 !== undefined) return new Float64Array(bytes(code.f64).buffer);
  return new Float32Array(bytes(code).buffer);
};
const decode_all = (codes) => Object.fromEntries(Object.entries(codes).map(([name, code]) => [name, decoded(code)]));
for (const part of [...report.groups, ...report.runs]) {
  part.axes = decode_all(part.axes);
  for (const name of Object.keys(part.series)) part.series[name] = decode_all(part.series[name]);
}

/** An element with attributes, and with texts and elements within. */
const element = (name, attributes = {}, ...within) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...within);
  return made;
};
const drawing = (name, attributes = {}, ...within) => {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...within);
  return made;
};

const dashes = ['', '7 3', '2 3', '10 3 2 3', '5 2 1 2 1 2'];
const look = (g) => ({
  stroke: `var(--c${g % 6})`,
  'stroke-dasharray': dashes[(g + Math.floor(g / 6)) % dashes.length],
});
/** A piece of a group's line. */
const key_of = (g) => drawing('svg', {width: 26, height: 10, viewBox: '0 0 26 10', 'aria-hidden': 'true'},
  drawing('line', {x1: 1, x2: 25, y1: 5, y2: 5, 'stroke-width': 2.5, fill: 'none', ...look(g)}));

const title_of = (name) => {
  const words = name.replace(/^metric\//, '').replaceAll('_', ' ').replace(/\bkl\b/, 'KL');
  return words.charAt(0).toUpperCase() + words.slice(1);
};

const exact = new Intl.NumberFormat('en', {maximumSignificantDigits: 6});
const rough = new Intl.NumberFormat('en', {maximumSignificantDigits: 4});
const written = (x, format = rough) => {
  if (x === null || x === undefined || Number.isNaN(x)) return '–';
  const size = Math.abs(x);
  if (size !== 0 && (size < 1e-3 || size >= 1e9)) return x.toExponential(3).replace(/\.?0+e/, 'e').replace('e+', 'e');
  return size >= 1e4 && Number.isInteger(x) ? Math.round(x).toLocaleString('en') : format.format(x);
};
const ticks_text = (x, step) => {
  for (const [size, unit] of [[1e9, 'G'], [1e6, 'M'], [1e3, 'k']]) {
    if (Math.abs(x) >= size && step * 100 >= size) return `${Number((x / size).toPrecision(4))}${unit}`;
  }
  return Math.abs(x) < 1e-3 && x !== 0 ? Number(x.toPrecision(3)).toExponential() : `${Number(x.toPrecision(6))}`;
};
const duration = (seconds) => {
  if (seconds === null || seconds === undefined || Number.isNaN(seconds)) return '–';
  if (seconds < 90) return `${rough.format(seconds)} s`;
  if (seconds < 5400) return `${rough.format(seconds / 60)} min`;
  return `${rough.format(seconds / 3600)} h`;
};
const counted = (n, what) => `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;
const last_of = (numbers) => {
  for (let i = (numbers ?? []).length - 1; i >= 0; --i) if (!Number.isNaN(numbers[i])) return numbers[i];
  return null;
};

const several = report.groups.length > 1;
const axes = {steps: 'Environment steps', seconds: 'Seconds', iteration: 'Iterations', episodes: 'Episodes'};
const shown = {axis: 'steps', groups: report.groups.map(() => true)};
const visible = () => report.groups.map((group, g) => [group, g]).filter(([, g]) => shown.groups[g]);
)js";

}  // namespace GRADIVA_NAMESPACE::detail
