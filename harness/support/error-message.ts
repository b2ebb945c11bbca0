/** The message of a caught value: the message of an Error, or any other value as text. */
export const errorMessage = (error: unknown): string => (error instanceof Error ? error.message : String(error));
