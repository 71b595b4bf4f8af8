/** What a letter's link carries: in the fragment, which no server and no log ever sees. */
import { useState } from "react";
import { ProblemError } from "../api/problem";

/** For a link that lost its token on the way. */
export const LINK_UNKNOWN = new ProblemError({ status: 404, code: "link_unknown" });

export function useLinkParts(): URLSearchParams {
  const [parts] = useState(() => new URLSearchParams(window.location.hash.replace(/^#/, "")));
  return parts;
}
