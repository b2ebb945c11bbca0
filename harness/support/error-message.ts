/** The message of whatever was thrown: an Error's message, or any other value as text. */
export const errorMessage = (error: unknown): string => (error instanceof Error ? error.message : String(error));
