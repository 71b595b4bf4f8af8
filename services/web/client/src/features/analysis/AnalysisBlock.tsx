/** One block of the analysis tab: says when nothing is there yet, and marks the answer to the former question. */
import { useLingui } from "@lingui/react/macro";
import type { ComponentProps, ReactNode } from "react";
import sheet from "../../shared/ui/sheet.module.css";
import { Empty, QueryBlock } from "../../shared/ui/states";

type Query<Answer> = ComponentProps<typeof QueryBlock<Answer>>["query"] & { isPlaceholderData: boolean };

export function AnalysisBlock<Answer>(props: {
  query: Query<Answer>;
  height: number;
  isEmpty: (answer: Answer) => boolean;
  children: (answer: Answer) => ReactNode;
}) {
  const { query, height, isEmpty, children } = props;
  const { t } = useLingui();
  return (
    <QueryBlock
      query={query}
      height={height}
      isEmpty={isEmpty}
      empty={<Empty title={t`За этот период данных ещё нет`} hint={t`Выберите более ранний период.`} />}
    >
      {(answer) => (
        <div className={sheet.body} data-stale={query.isPlaceholderData || undefined}>
          {children(answer)}
        </div>
      )}
    </QueryBlock>
  );
}
