/** Why the server did not take a form, above its fields. */
import { Alert } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";
import { asProblem } from "../api/problem";
import { type CodeText, DECLINED, useRefusalText } from "./useRefusalText";

export function Refusal({ error, textOf }: { error: unknown; textOf?: CodeText }) {
  const refusalText = useRefusalText(textOf);
  if (error === null || error === undefined || asProblem(error).code === DECLINED) return null;
  return (
    <Alert color="red" variant="light" role="alert" icon={<IconAlertCircle aria-hidden />}>
      {refusalText(error)}
    </Alert>
  );
}
