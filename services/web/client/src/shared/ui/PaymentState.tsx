/** Where a payment stands at the supplier; a state this version does not know is shown as it came. */
import { useLingui } from "@lingui/react/macro";
import { Badge } from "@mantine/core";
import type { Payment } from "../api/types";

export function PaymentState({ state }: { state: Payment["status"] }) {
  const { t } = useLingui();
  const known: Record<Payment["status"], [string, string]> = {
    pending: ["blue", t`В ОБРАБОТКЕ`],
    credited: ["green", t`ЗАЧИСЛЕН`],
    returned: ["red", t`ВОЗВРАЩЁН`],
  };
  const [color, text] = known[state] ?? ["gray", state];
  return (
    <Badge color={color} variant="light">
      {text}
    </Badge>
  );
}
