/** What a table shows, as texts: the columns and the cells of each row. */
export function textsOf({ head, columns, rows }) {
  const hasGoals = rows.some(({ goal }) => goal !== undefined);
  return {
    columns: [head, ...columns.map(({ label }) => label), ...(hasGoals ? ['goal'] : [])],
    rows: rows.map(({ label, cells, goal }) => [
      label,
      ...columns.map(({ name }) => cells[name]?.text ?? '-'),
      ...(hasGoals ? [goalText(goal)] : []),
    ]),
  };
}

function goalText(goal) {
  if (goal === undefined) return '';
  if (goal.isMet === undefined) return goal.text;
  return `${goal.text} ${goal.isMet ? 'met' : 'missed'}`;
}
