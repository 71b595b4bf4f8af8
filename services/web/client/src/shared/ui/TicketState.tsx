/** The state of a ticket in the manual's words; a state this version does not know is shown as it came. */
import { useLingui } from "@lingui/react/macro";
import { Badge } from "@mantine/core";

export function TicketState({ state }: { state: string }) {
  const { t } = useLingui();
  const known: Record<string, [string, string]> = {
    new: ["blue", t`НОВОЕ`],
    in_progress: ["orange", t`В РАБОТЕ`],
    answered: ["green", t`ЕСТЬ ОТВЕТ`],
    closed: ["gray", t`ЗАКРЫТО`],
  };
  const [color, text] = known[state] ?? ["gray", state];
  return (
    <Badge color={color} variant="light" {...(color === "orange" ? { c: "#7a4300" } : {})}>
      {text}
    </Badge>
  );
}
