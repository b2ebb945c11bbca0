/** `T` without the value `undefined`: a property that could be undefined becomes an optional property. */
export type OmitUndefined<T> = {
  [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key];
} & {
  [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined>;
};

/**
 * Copies an object without the properties that are `undefined`. TypeScript's `exactOptionalPropertyTypes` tells a
 * missing property from one that is `undefined`, so `{ jobs: flags.jobs }` is refused where
 * `omitUndefined({ jobs: flags.jobs })` is accepted. Other empty values (`null`, `''`, `0`, `false`) are kept.
 */
export function omitUndefined<T extends object>(values: T): OmitUndefined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as OmitUndefined<T>;
}
