/** A file is checked first and then taken over, all of it or nothing; what is wrong is listed by its place in the file. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Button, Group, Stack } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { Refusal } from "../../shared/security/Refusal";
import { useConfirmedMutation } from "../../shared/security/StepUp";
import { FileField, type ReadFile } from "../../shared/ui/FileField";
import { type Fault, FaultTable } from "./FaultTable";
import { useOperatorText } from "./useOperatorText";

const MAX_BYTES = 1_000_000;

export interface Outcome {
  dryRun: boolean;
  summary: ReactNode;
  faults: Fault[];
}

export function FileImport(props: {
  label: string;
  hint: ReactNode;
  mediaTypes: Record<string, string>;
  /** What a place in the file is called: a row, a document. */
  place: string;
  send: (file: ReadFile, dryRun: boolean) => Promise<Outcome>;
}) {
  const { label, hint, mediaTypes, place, send } = props;
  const { t } = useLingui();
  const textOf = useOperatorText();
  const [file, setFile] = useState<ReadFile | null>(null);
  const run = useConfirmedMutation((wanted: { file: ReadFile; dryRun: boolean }) =>
    send(wanted.file, wanted.dryRun),
  );
  const choose = (chosen: ReadFile | null) => {
    setFile(chosen);
    run.reset();
  };
  const outcome = run.data;
  const good = outcome !== undefined && outcome.faults.length === 0;
  const done = good && !outcome.dryRun;
  const start = (dryRun: boolean) => file !== null && run.mutate({ file, dryRun });
  return (
    <Stack gap="md">
      <FileField
        label={label}
        description={hint}
        mediaTypes={mediaTypes}
        maxBytes={MAX_BYTES}
        onChange={choose}
      />
      <Refusal error={run.error} textOf={textOf} />
      {good ? (
        <Alert
          color="green"
          variant="light"
          role="status"
          title={done ? t`Файл загружен` : t`Файл без ошибок, пока ничего не загружено`}
        >
          {outcome.summary}
        </Alert>
      ) : null}
      {outcome !== undefined && !good ? <FaultTable place={place} faults={outcome.faults} /> : null}
      {done ? null : (
        <Group gap="sm">
          <Button
            variant={good ? "default" : "filled"}
            disabled={file === null}
            loading={run.isPending && run.variables.dryRun}
            onClick={() => start(true)}
          >
            <Trans>ПРОВЕРИТЬ</Trans>
          </Button>
          {good ? (
            <Button loading={run.isPending} onClick={() => start(false)}>
              <Trans>ЗАГРУЗИТЬ</Trans>
            </Button>
          ) : null}
        </Group>
      )}
    </Stack>
  );
}
