/** Copies a text and says so; without HTTPS browsers have no clipboard, and then there is no button. */
import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";

export function CopyButton({ text }: { text: string }) {
  const clipboard = useClipboard({ timeout: 3000 });
  if (!("clipboard" in navigator)) return null;
  return (
    <Button variant="default" onClick={() => clipboard.copy(text)}>
      <span role="status">{clipboard.copied ? <Trans>СКОПИРОВАНО</Trans> : <Trans>КОПИРОВАТЬ</Trans>}</span>
    </Button>
  );
}
