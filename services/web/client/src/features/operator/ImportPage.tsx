/** Files of a supplier: contracts from a sheet, balances, charges and payments from its billing's documents. */
import { Trans, useLingui } from "@lingui/react/macro";
import { dataOf, fetchClient } from "../../shared/api/client";
import { StepUpProvider } from "../../shared/security/StepUp";
import { Block } from "../../shared/ui/Block";
import type { ReadFile } from "../../shared/ui/FileField";
import { PageTitle } from "../../shared/ui/PageTitle";
import { FileImport, type Outcome } from "./FileImport";
import classes from "./operator.module.css";
import { useRefreshContracts } from "./queries";
import { useOperatorText } from "./useOperatorText";

const SHEETS = {
  ".csv": "text/csv",
  ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
};
const DOCUMENTS = { ".json": "application/json" };

export function ImportPage() {
  const { t } = useLingui();
  return (
    <>
      <PageTitle title={t`Загрузка файлов`} />
      <div className={classes.column}>
        <StepUpProvider>
          <Block title={t`Договоры`}>
            <ContractsImport />
          </Block>
          <Block title={t`Балансы, начисления и платежи`}>
            <DocumentsImport />
          </Block>
        </StepUpProvider>
      </div>
    </>
  );
}

function ContractsImport() {
  const { t } = useLingui();
  const textOf = useOperatorText();
  const refresh = useRefreshContracts();
  const columns: Record<string, string> = {
    number: t`Номер договора`,
    login: t`Логин`,
    closed: t`Закрыт`,
  };
  const send = async (file: ReadFile, dryRun: boolean): Promise<Outcome> => {
    const report = await fetchClient
      .POST("/api/v1/operator/contract-imports", asItIs(file, dryRun))
      .then(dataOf);
    if (!dryRun) await refresh();
    const { rows, created, changed, unchanged } = report;
    return {
      dryRun,
      summary: (
        <Trans>
          Строк: {rows}. Новых договоров: {created}, изменённых: {changed}, без изменений: {unchanged}.
        </Trans>
      ),
      faults: report.errors.map(({ row, column, code, message }) => ({
        place: String(row),
        what: column === null ? null : (columns[column] ?? column),
        text: textOf(code) ?? message,
      })),
    };
  };
  return (
    <FileImport
      label={t`Файл CSV или XLSX`}
      hint={
        <>
          <Trans>
            До 2000 строк и 1 МБ. Столбец «Закрыт» необязателен. Договоры, которых в файле нет, не меняются.
          </Trans>
          <span className={classes.sample}>{`${t`Номер договора;Логин;Закрыт`}
76-1001;76-1001;
76-1002;petrov;`}</span>
        </>
      }
      mediaTypes={SHEETS}
      place={t`Строка`}
      send={send}
    />
  );
}

function DocumentsImport() {
  const { t } = useLingui();
  const textOf = useOperatorText();
  const send = async (file: ReadFile, dryRun: boolean): Promise<Outcome> => {
    const report = await fetchClient
      .POST("/api/v1/operator/document-imports", asItIs(file, dryRun))
      .then(dataOf);
    return {
      dryRun,
      summary: <Trans>Документов: {report.documents}.</Trans>,
      faults: report.errors.map(({ position, document_id: what, code, message }) => ({
        place: String(position + 1),
        what,
        text: textOf(code) ?? message,
      })),
    };
  };
  return (
    <FileImport
      label={t`Файл JSON`}
      hint={
        <Trans>
          Список документов в том же виде, в котором их присылает система расчётов; до 2000 и 1 МБ.
        </Trans>
      }
      mediaTypes={DOCUMENTS}
      place={t`Документ`}
      send={send}
    />
  );
}

/** The file's own bytes as the body, which no type of the API's document describes. */
function asItIs({ bytes, mediaType }: ReadFile, dryRun: boolean) {
  return {
    params: { query: { dry_run: dryRun } },
    headers: { "Content-Type": mediaType },
    body: bytes as never,
    bodySerializer: () => bytes,
  };
}
