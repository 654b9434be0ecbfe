/** The loads of the worked plans in `docs/scaling.md`, by name; what is not said is as in `LOAD` of the model. */
export const PLANS = {
  '100,000 clients': { clients: 100_000, publications: 200, receivers: 100 },
  '1 million clients': { clients: 1_000_000, publications: 2_000, receivers: 100 },
  '10 million clients': { clients: 10_000_000, publications: 10_000, receivers: 100 },
};
