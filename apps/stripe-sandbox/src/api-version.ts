/** The API version in which the sandbox answers: that of the pinned `stripe` package. */
export const API_VERSION = '2026-10-28.endive';
