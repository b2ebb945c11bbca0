/** `T` without the value `undefined`: a property that could be undefined becomes an optional property. */
export type OmitUndefined<T> = {
  [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key];
} & {
  [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined>;
};

/**
 * Copies an object without the properties that are `undefined`. With the TypeScript option
 * `exactOptionalPropertyTypes`, an optional property may be absent but not `undefined`. So `{ jobs: flags.jobs }` is an
 * error, and `omitUndefined({ jobs: flags.jobs })` is not. The function keeps `null`, `''`, `0` and `false`.
 */
export function omitUndefined<T extends object>(values: T): OmitUndefined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as OmitUndefined<T>;
}
