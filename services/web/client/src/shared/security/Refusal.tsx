/** Why the server did not take a form, above its fields. */
import { Alert } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";
import { asProblem } from "../api/problem";
import { type CodeText, useRefusalText } from "./useRefusalText";

/** Closing the dialog that asks for a proof is the user's own choice, and no error to be told of. */
const OWN_CHOICE = ["step_up_required", "recent_factor_required"];

export function Refusal({ error, textOf }: { error: unknown; textOf?: CodeText }) {
  const refusalText = useRefusalText(textOf);
  if (error === null || error === undefined || OWN_CHOICE.includes(asProblem(error).code)) return null;
  return (
    <Alert color="red" variant="light" role="alert" icon={<IconAlertCircle aria-hidden />}>
      {refusalText(error)}
    </Alert>
  );
}
