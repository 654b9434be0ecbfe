/** The segments between dots and slashes. */
type Segments<Topic extends string> = Topic extends `${infer One}.${infer Rest}`
  ? Segments<One> | Segments<Rest>
  : Topic extends `${infer One}/${infer Rest}`
    ? Segments<One> | Segments<Rest>
    : Topic;

type NameIn<Segment> = Segment extends `:${infer Name}`
  ? Name
  : Segment extends `*${infer Name}`
    ? Name
    : never;

/** The parameters of a pattern of topics, by name: `{ shop: string; id: string }` of `orders.:shop.:id`. */
export type TopicParams<Pattern extends string> = string extends Pattern
  ? Readonly<Record<string, string>>
  : { readonly [Name in NameIn<Segments<Pattern>>]: string };
