/** A line on what of the goals was met, or none if none was measured. */
export function goalsOf(parts) {
  const goals = parts.flatMap(({ title, tables }) =>
    tables.flatMap(({ rows }) =>
      rows.flatMap(({ label, goal }) =>
        goal?.isMet === undefined ? [] : [{ ...goal, name: `${title}, ${label}` }],
      ),
    ),
  );
  if (goals.length === 0) return [];
  const missed = goals.filter(({ isMet }) => !isMet).map(({ name }) => name);
  const list = missed.length === 0 ? '' : ` Missed: ${missed.join('; ')}.`;
  return [`${goals.length - missed.length} of ${goals.length} goals are met.${list}`];
}
