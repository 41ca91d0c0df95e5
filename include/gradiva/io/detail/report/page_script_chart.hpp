#pragma once

#include "gradiva/core/namespace.hpp"

#include <string_view>

namespace GRADIVA_NAMESPACE::detail {

/// The script of a report, second part: a chart of one quantity, with the line and the quartile band of each group.
inline constexpr std::string_view report_script_chart = R"js(
/** Round numbers from low to high, about `count` of them. */
const ticks = (low, high, count) => {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 2.5, 5, 10].find((factor) => factor * power >= raw * 0.999);
  const all = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; ++k) all.push(k * step);
  return [all, step];
};

/** Where x stands in ascending numbers: the place of the nearest one; -1 beyond both ends. */
const nearest = (numbers, x) => {
  if (!numbers || numbers.length === 0 || x > numbers[numbers.length - 1] || x < numbers[0]) return -1;
  let low = 0, high = numbers.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (numbers[middle] <= x) low = middle; else high = middle;
  }
  return x - numbers[low] < numbers[high] - x ? low : high;
};

const tip = element('div', {class: 'tip', hidden: true, 'aria-hidden': 'true'});

class Chart {
  constructor(quantity, large) {
    Object.assign(this, {quantity, large, cursor: null});
    this.now = element('span', {class: 'now'});
    this.plot = element('div', {class: 'plot', tabindex: 0, role: 'slider', 'aria-orientation': 'horizontal',
      'aria-label': `Chart of ${title_of(quantity)}; arrow keys read its values`});
    this.rows = element('div', {class: 'rows', tabindex: 0, role: 'region',
      'aria-label': `Values of ${title_of(quantity)}`});
    this.table = element('details', {}, element('summary', {'aria-label': `Table of ${title_of(quantity)}`}, 'Table'),
      this.rows);
    this.figure = element('figure', {class: 'card', 'data-quantity': quantity},
      element('figcaption', {}, element('span', {}, title_of(quantity)), this.now), this.plot, this.table);
    this.plot.addEventListener('pointermove', (event) => this.point_at(event));
    this.plot.addEventListener('pointerleave', () => this.leave());
    this.plot.addEventListener('blur', () => this.leave());
    this.plot.addEventListener('focus', () => { if (this.plot.matches(':focus-visible')) this.move('End'); });
    this.plot.addEventListener('keydown', (event) => { if (this.move(event.key)) event.preventDefault(); });
    this.table.addEventListener('toggle', () => this.fill_table());
  }

  /** Lines to draw: of groups, and thin ones of their runs. */
  lines() {
    const all = [];
    for (const [group, g] of visible()) {
      const x = group.axes[shown.axis], series = group.series[this.quantity];
      if (!x || !series) continue;
      for (const r of group.runs.length > 1 ? group.runs : []) {
        const run = report.runs[r], values = run.series[this.quantity];
        if (values && run.axes[shown.axis]) all.push({g, thin: true, x: run.axes[shown.axis], series: values});
      }
      all.push({g, group, thin: false, x, series});
    }
    return all;
  }

  range(arrays) {
    let low = Infinity, high = -Infinity;
    for (const numbers of arrays) {
      for (const v of numbers ?? []) {
        if (v < low) low = v;
        if (v > high) high = v;
      }
    }
    if (low > high) return [0, 1];
    const room = high > low ? 0 : Math.abs(low) * 0.1 || 1;
    return [low - room, high + room];
  }

  draw() {
    const lines = this.lines();
    const width = Math.max(this.plot.clientWidth, 200), height = this.large ? 320 : 150;
    const x1 = Math.max(this.range(lines.map((line) => line.x))[1], 1e-9), x0 = 0;
    let [y0, y1] = this.range(lines.flatMap(({series: s}) => [s.last, s.low, s.high, s.least, s.greatest]));
    [y0, y1] = [y0 - (y1 - y0) * 0.04, y1 + (y1 - y0) * 0.04];
    const [y_ticks, y_step] = ticks(y0, y1, this.large ? 6 : 3);
    const labels = y_ticks.map((y) => ticks_text(y, y_step));
    const left = 10 + (this.large ? 7.4 : 6.8) * Math.max(...labels.map((label) => label.length));
    const box = {left, right: width - 8, top: 6, bottom: height - (this.large ? 40 : 20)};
    this.px = (x) => box.left + (x - x0) / (x1 - x0) * (box.right - box.left);
    this.py = (y) => box.bottom - (y - y0) / (y1 - y0) * (box.bottom - box.top);
    this.x_at = (px) => x0 + (px - box.left) / (box.right - box.left) * (x1 - x0);
    const svg = drawing('svg', {height, viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true'});
    y_ticks.forEach((y, i) => svg.append(
      drawing('line', {class: 'grid', x1: box.left, x2: box.right, y1: this.py(y), y2: this.py(y)}),
      drawing('text', {x: box.left - 7, y: this.py(y) + 4, 'text-anchor': 'end'}, labels[i])));
    const [x_ticks, x_step] = ticks(x0, x1, Math.max(2, Math.floor((width - left) / (this.large ? 110 : 60))));
    for (const x of x_ticks) {
      const anchor = this.px(x) > box.right - 14 ? 'end' : 'middle';
      svg.append(drawing('text', {x: this.px(x), y: box.bottom + 16, 'text-anchor': anchor}, ticks_text(x, x_step)));
    }
    if (this.large) {
      svg.append(drawing('text', {x: (box.left + box.right) / 2, y: height - 4, 'text-anchor': 'middle'},
        axes[shown.axis]));
    }
    for (const line of lines) this.draw_line(svg, line);
    this.mark = drawing('g');
    svg.append(this.mark);
    Object.assign(this, {box, drawn: lines.filter((line) => !line.thin)});
    this.plot.replaceChildren(svg);
    this.describe();
  }

  draw_line(svg, {g, thin, x, series}) {
    const colour = look(g).stroke;
    const area = (low, high, opacity, kind) => {
      const points = [...low.keys()].filter((i) => !Number.isNaN(low[i]) && !Number.isNaN(x[i]));
      const up = points.map((i) => this.at(x[i], high[i])), down = points.reverse().map((i) => this.at(x[i], low[i]));
      svg.append(drawing('path', {class: kind, d: `M${[...up, ...down].join('L')}Z`, fill: colour,
        'fill-opacity': opacity}));
    };
    if (series.low && !thin) area(series.low, series.high, 0.2, 'band');
    if (series.least && !thin) area(series.least, series.greatest, 0.28, 'extremes');
    const points = [...series.last.keys()].filter((i) => !Number.isNaN(series.last[i]) && !Number.isNaN(x[i]));
    if (points.length === 0) return;
    const path = points.map((i) => this.at(x[i], series.last[i]));
    const many = report.groups.length > 8;
    svg.append(drawing('path', {class: thin ? 'run' : 'line', 'data-group': g, fill: 'none', 'stroke-linejoin': 'round',
      d: `M${(path.length > 1 ? path : [path[0], path[0]]).join('L')}`, 'stroke-linecap': 'round', ...look(g),
      ...(thin ? {'stroke-width': 1, 'stroke-opacity': several ? 0.22 : 0.4, 'stroke-dasharray': ''}
        : {'stroke-width': path.length === 1 ? 5 : this.large && !many ? 2.2 : 1.5})}));
  }

  at(x, y) { return `${this.px(x).toFixed(2)} ${this.py(y).toFixed(2)}`; }

  /** What all groups have at the cursor: [group's number, value, text], the greatest value first. */
  values_at(x) {
    const all = [];
    for (const {g, group, x: places, series} of this.drawn) {
      const i = nearest(places, x);
      if (i < 0 || Number.isNaN(series.last[i])) continue;
      const least = series.low ?? series.least, greatest = series.high ?? series.greatest;
      const spread = least && greatest[i] > least[i] ? ` (${written(least[i])} to ${written(greatest[i])})` : '';
      const few = series.count && series.count[i] < group.runs.length ? `, ${series.count[i]} of ${group.runs.length} runs`
        : '';
      all.push([g, series.last[i], written(series.last[i], exact) + spread + few, group.name]);
    }
    return all.sort((a, b) => b[1] - a[1]);
  }

  show(x, place) {
    this.cursor = x;
    const values = this.values_at(x);
    this.mark.replaceChildren(drawing('line', {class: 'cursor', x1: this.px(x), x2: this.px(x), y1: this.box.top,
      y2: this.box.bottom}), ...values.map(([g, y]) => drawing('circle', {cx: this.px(x), cy: this.py(y), r: 3.5,
      fill: look(g).stroke})));
    const rows = values.slice(0, 12).map(([g, , text, name]) => element('div', {}, key_of(g),
      ...(report.groups.length > 1 ? [element('span', {class: 'name'}, name)] : []), element('span', {}, text)));
    if (values.length > 12) rows.push(element('div', {}, `and ${values.length - 12} more`));
    tip.replaceChildren(element('b', {}, `${axes[shown.axis]} ${written(x)}`), ...rows);
    tip.hidden = false;
    const room = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(6, place.x + 16 + room.width > innerWidth ? place.x - room.width - 16 : place.x + 16)}px`;
    tip.style.top = `${Math.max(6, Math.min(place.y + 12, innerHeight - room.height - 6))}px`;
    this.describe();
  }

  /** Tells screen readers what the cursor is at. */
  describe() {
    const longest = this.longest(), x = this.cursor ?? last_of(longest);
    const texts = x === null ? [] : this.values_at(x).map(([, , text, name]) => `${name}: ${text}`);
    const set = (name, value) => this.plot.setAttribute(`aria-${name}`, value);
    set('valuemin', 0);
    set('valuemax', Math.max(0, longest.length - 1));
    set('valuenow', Math.max(0, nearest(longest, x ?? 0)));
    set('valuetext', x === null ? 'no values' : `${axes[shown.axis]} ${written(x)}. ${texts.join('; ')}`);
    const only = this.drawn.length === 1 && report.groups.length === 1 && x !== null ? this.values_at(x)[0] : null;
    this.now.textContent = only ? written(only[1]) : '';
  }

  longest() {
    return this.drawn.reduce((best, {x}) => (x.length > best.length ? x : best), []);
  }

  point_at(event) {
    const left = this.plot.getBoundingClientRect().left, x = this.x_at(event.clientX - left), places = this.longest();
    if (places.length === 0) return;
    const inside = Math.min(Math.max(x, places[0]), places[places.length - 1]);
    this.show(places[nearest(places, inside)], {x: event.clientX, y: event.clientY});
  }

  leave() {
    this.cursor = null;
    this.mark.replaceChildren();
    tip.hidden = true;
    this.describe();
  }

  /** By a key; whether it is one of the chart's. */
  move(key) {
    const places = this.longest(), last = places.length - 1;
    if (key === 'Escape') { this.leave(); return true; }
    if (last < 0) return false;
    const at = this.cursor === null ? last : nearest(places, this.cursor), page = Math.max(1, Math.round(last / 10));
    const target = {ArrowLeft: at - 1, ArrowRight: at + 1, ArrowDown: at - 1, ArrowUp: at + 1, PageDown: at - page,
      PageUp: at + page, Home: 0, End: last}[key];
    if (target === undefined) return false;
    const x = places[Math.min(Math.max(target, 0), last)], frame = this.plot.getBoundingClientRect();
    this.show(x, {x: frame.left + this.px(x), y: frame.top + 20});
    return true;
  }

  fill_table() {
    if (!this.table.open) return;
    const groups = this.drawn, places = [...new Set(groups.flatMap(({x}) => [...x]))].sort((a, b) => a - b);
    const step = Math.max(1, Math.ceil(places.length / 400));
    const body = element('tbody', {}, ...places.filter((_, k) => k % step === 0 || k === places.length - 1).map((x) => {
      const values = new Map(this.values_at(x).map(([g, , text]) => [g, text]));
      return element('tr', {}, element('th', {scope: 'row'}, written(x)),
        ...groups.map(({g}) => element('td', {}, values.get(g) ?? '–')));
    }));
    this.rows.replaceChildren(element('table', {}, element('thead', {}, element('tr', {},
      element('th', {scope: 'col'}, axes[shown.axis]),
      ...groups.map(({group}) => element('th', {scope: 'col'}, group.name)))), body));
  }
}
)js";

}  // namespace GRADIVA_NAMESPACE::detail
