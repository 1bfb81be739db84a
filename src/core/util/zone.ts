/** Is this a time zone of the IANA list that this platform knows, such as `Europe/Berlin` or `UTC`? */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== '';
  } catch {
    return false; // Intl has no other way to ask
  }
}
