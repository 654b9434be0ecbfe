/** What the figures were taken on, in one line. */
export function machineLine({ machine }) {
  const { date, node, cores, cpu, system } = machine;
  return [date, `Node ${node}`, `${cores} cores`, cpu, system].join(', ');
}
