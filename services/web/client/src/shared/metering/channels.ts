/** The four channels of a meter, as the API names them. */

export const CHANNELS = ["a_plus", "a_minus", "r_plus", "r_minus"] as const;

export type Channel = (typeof CHANNELS)[number];

export function isReactive(channel: Channel): boolean {
  return channel.startsWith("r_");
}
