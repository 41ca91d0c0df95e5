#pragma once

#include "gradiva/core/namespace.hpp"

#include <string_view>

namespace GRADIVA_NAMESPACE::detail {

/// The script of a report, third part: the sections of the page that are no charts.
inline constexpr std::string_view report_script_sections = R"js(
const section = (id, title, ...within) => element('section', {'aria-labelledby': `${id}-title`, id},
  element('h2', {id: `${id}-title`}, title), ...within);
const scrolled = (label, ...within) => element('div', {class: 'card scroll', tabindex: 0, role: 'region',
  'aria-label': label}, ...within);
const table_of = (heads, rows) => element('table', {},
  element('thead', {}, element('tr', {}, ...heads.map(([head, kind]) =>
    element('th', {scope: 'col', class: kind ?? ''}, head)))),
  element('tbody', {}, ...rows.map((row) => element('tr', {}, ...row.map((cell, i) =>
    element(i === 0 ? 'th' : 'td', i === 0 ? {scope: 'row'} : {class: heads[i][1] ?? ''}, cell ?? '–'))))));
const group_key = (g) => element('span', {class: 'key'}, key_of(g),
  element('span', {class: 'name', title: report.groups[g].name}, report.groups[g].name));

const with_interval = ({value, low, high}) =>
  low === null || low === high ? written(value) : `${written(value)} (${written(low)} to ${written(high)})`;
const evaluated = (e) => (e ? `${written(e.mean)} ± ${written(e.std)}` : null);

/** Value and interval of each group on one scale. */
const whisker = (g, estimate, low, high) => {
  if (estimate.value === null) return '–';
  const at = (x) => 8 + 164 * (high > low ? (x - low) / (high - low) : 0.5);
  return drawing('svg', {width: 180, height: 20, viewBox: '0 0 180 20', 'aria-hidden': 'true'},
    drawing('line', {class: 'grid', x1: 8, x2: 172, y1: 10, y2: 10}),
    drawing('line', {x1: at(estimate.low ?? estimate.value), x2: at(estimate.high ?? estimate.value), y1: 10, y2: 10,
      'stroke-width': 5, 'stroke-opacity': 0.4, 'stroke-linecap': 'round', stroke: look(g).stroke}),
    drawing('circle', {cx: at(estimate.value), cy: 10, r: 4.5, fill: look(g).stroke}));
};

const tile = (label, value, more = '') => element('div', {class: 'card tile'}, element('span', {class: 'label'}, label),
  element('span', {class: 'value'}, value), element('span', {class: 'more'}, more));

const overview_tiles = () => {
  const group = report.groups[0], runs = group.runs.map((r) => report.runs[r]), one = runs.length === 1;
  const seconds = runs.map((run) => last_of(run.axes.seconds)).filter((s) => s !== null);
  const worth = group.evaluation;
  const interval = ({low, high}) => (low === null || one ? '' : `95 %: ${written(low)} to ${written(high)}`);
  return element('div', {class: 'tiles'},
    tile('Final return', written(group.final.value),
      one ? 'mean of the last up to 100 episodes' : interval(group.final)),
    ...(worth ? [tile('Evaluation', written(worth.value), one ? `± ${written(runs[0].evaluation.std)} over ` +
      counted(runs[0].evaluation.episodes, 'episode') : interval(worth))] : []),
    tile('Environment steps', written(last_of(group.axes.steps)),
      counted(Math.max(...runs.map((run) => run.rows)), 'iteration')),
    tile(one ? 'Time' : 'Time of a run', duration(seconds.length ? Math.max(...seconds) : null)),
    ...(one ? [] : [tile('Runs', `${runs.length}`, 'that differ in their seed')]));
};

const overview_table = () => {
  const ends = report.groups.flatMap(({final: f}) => [f.low ?? f.value, f.high ?? f.value, f.value])
    .filter((x) => x !== null);
  const low = Math.min(...ends), high = Math.max(...ends), any = report.groups.some((group) => group.evaluation);
  return scrolled('Overview', table_of(
    [['Group'], ['Runs', 'number'], ['Final return', 'number'], [''], ...(any ? [['Evaluation', 'number']] : []),
      ['Steps', 'number']],
    report.groups.map((group, g) => [group_key(g), `${group.runs.length}`, with_interval(group.final),
      whisker(g, group.final, low, high),
      ...(any ? [group.evaluation ? with_interval(group.evaluation) : null] : []),
      written(last_of(group.axes.steps))])));
};

const overview = () => section('overview', 'Overview', several ? overview_table() : overview_tiles(),
  ...(report.groups.some((group) => group.runs.length > 1) ? [element('p', {class: 'muted'},
    'Final returns are interquartile means over the runs of a group, with 95 % percentile bootstrap intervals of 2,000 ' +
    'resamples. Curves are the median over runs, with the band between the quartiles.')] : []),
  ...report.runs.flatMap((run) => run.notes.map((note) => `${run.name}: ${note}`)).slice(0, 5)
    .map((note) => element('p', {class: 'note'}, note)));

const differences = () => (report.differing.length === 0 || !several ? [] : [section('differences', 'What differs',
  scrolled('Options that differ between groups', table_of([['Group'], ...report.differing.map((path) => [path])],
    report.groups.map((group, g) => [group_key(g), ...report.differing.map((path) => group.options[path])]))))]);

const hyperparameters = () => {
  const described = report.groups.filter((group) => Object.keys(group.options).length > 0);
  if (described.length === 0) return [];
  const paths = Object.keys(described[0].options).filter((path) => !report.differing.includes(path));
  const table = table_of([['Option'], ['Value', 'long']], paths.map((path) => [path, described[0].options[path]]));
  return [section('hyperparameters', 'Hyperparameters', element('div', {class: 'card'},
    element('details', {open: paths.length <= 12}, element('summary', {},
      `${counted(paths.length, 'option')}${described.length > 1 ? ', the same in all described groups' : ''}`),
      element('div', {class: 'rows', tabindex: 0, role: 'region', 'aria-label': 'Options'}, table))))];
};

const evaluation = () => {
  const runs = report.runs.filter((run) => run.evaluation);
  if (runs.length === 0) return [];
  const metrics = [...new Set(runs.flatMap((run) => Object.keys(run.evaluation.metrics)))];
  return [section('evaluation', 'Evaluation', scrolled('Evaluation of the trained policies', table_of(
    [['Run'], ['Mean return ± deviation', 'number'], ...metrics.map((metric) => [title_of(metric), 'number']),
      ['Episodes', 'number']],
    runs.map(({name, evaluation: e}) => [name, evaluated(e), ...metrics.map((metric) => written(e.metrics[metric])),
      written(e.episodes)]))))];
};

const runs_section = () => section('runs', 'Runs', scrolled('All runs', table_of(
  [['Run'], ['Group'], ['Seed', 'number'], ['Iterations', 'number'], ['Steps', 'number'], ['Time', 'number'],
    ['Final return', 'number'], ...(report.runs.some((run) => run.notes.length) ? [['Notes']] : [])],
  report.groups.flatMap((group, g) => group.runs.map((r) => report.runs[r]).map((run) => [run.name, group_key(g),
    run.seed, written(run.rows), written(last_of(run.axes.steps)), duration(last_of(run.axes.seconds)),
    written(run.final), ...(run.notes.length ? [run.notes.join(' ')] : [])])))));

const playbacks = [];
const episodes = () => {
  const runs = report.runs.filter((run) => run.recording);
  if (runs.length === 0) return [];
  const players = runs.map((run) => {
    const stage = element('div');
    playbacks.push(gradivaPlayer(stage, run.recording));
    return element('div', {class: 'card'}, ...(runs.length > 1 ? [element('p', {class: 'muted'}, run.name)] : []), stage);
  });
  return [section('episodes', 'Episodes', element('div', {class: 'players'}, ...players))];
};
)js";

/// The last part: puts the page together.
inline constexpr std::string_view report_script_page = R"js(
const charts = [];
const draw_all = () => charts.forEach((chart) => { chart.draw(); chart.fill_table(); });

const legend = () => {
  if (!several) return element('span');
  const buttons = report.groups.map((group, g) => element('button', {type: 'button', 'aria-pressed': 'true',
    title: group.name}, key_of(g), element('span', {class: 'name'}, group.name),
    element('span', {class: 'muted'}, group.runs.length > 1 ? `×${group.runs.length}` : '')));
  const set = (g, on) => {
    shown.groups[g] = on;
    buttons[g].setAttribute('aria-pressed', String(on));
  };
  buttons.forEach((button, g) => button.addEventListener('click', () => {
    set(g, !shown.groups[g]);
    draw_all();
  }));
  const all = element('button', {type: 'button'}, 'All or none');
  all.addEventListener('click', () => {
    const on = !shown.groups.every((x) => x);
    buttons.forEach((_, g) => set(g, on));
    draw_all();
  });
  return element('div', {class: 'legend', role: 'group', 'aria-label': 'Groups in the charts'}, ...buttons,
    ...(buttons.length > 3 ? [all] : []));
};

const axis_choice = () => {
  const there = Object.keys(axes).filter((axis) => report.groups.some((group) => group.axes[axis]));
  const choice = element('select', {id: 'axis'}, ...there.map((axis) => element('option', {value: axis}, axes[axis])));
  choice.addEventListener('change', () => {
    shown.axis = choice.value;
    draw_all();
  });
  return element('span', {}, element('label', {for: 'axis', class: 'muted'}, 'Horizontal axis '), choice);
};

const theme_button = () => {
  const wanted = matchMedia('(prefers-color-scheme: dark)'), button = element('button', {type: 'button', id: 'theme'});
  let chosen = null;
  const apply = () => {
    const theme = chosen ?? (wanted.matches ? 'dark' : 'light');
    document.documentElement.dataset.theme = theme;
    button.textContent = theme === 'dark' ? 'Light theme' : 'Dark theme';
    for (const playback of playbacks) playback.seek(playback.state().frame);
  };
  wanted.addEventListener('change', apply);
  button.addEventListener('click', () => {
    chosen = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
    apply();
  });
  apply();
  return button;
};

const curves = () => {
  if (report.quantities.length === 0) return [];
  const [first, ...others] = report.quantities;
  const large = new Chart(first, true), small = others.map((quantity) => new Chart(quantity, false));
  charts.push(large, ...small);
  const bar = element('div', {class: !several ? 'bar alone' : report.groups.length <= 8 ? 'bar stays' : 'bar'}, legend(), axis_choice());
  return [section('curves', 'Curves', bar, large.figure, element('h2', {}, 'Every logged quantity'),
    element('div', {class: 'charts'}, ...small.map((chart) => chart.figure)))];
};

document.getElementById('head').append(theme_button());
document.getElementById('main').append(overview(), ...curves(), ...episodes(), ...differences(), ...hyperparameters(),
  ...evaluation(), runs_section());
document.body.append(tip);
draw_all();
let width = innerWidth;
addEventListener('resize', () => {
  if (width === innerWidth) return;
  width = innerWidth;
  requestAnimationFrame(draw_all);
});
)js";

}  // namespace GRADIVA_NAMESPACE::detail
