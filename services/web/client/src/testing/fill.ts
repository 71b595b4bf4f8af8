/** Fills a field at once: key by key a long form takes seconds, and no test here is about the keys. */
import userEvent from "@testing-library/user-event";

export async function fill(field: HTMLElement, text: string): Promise<void> {
  await userEvent.clear(field);
  await userEvent.click(field);
  await userEvent.paste(text);
}
