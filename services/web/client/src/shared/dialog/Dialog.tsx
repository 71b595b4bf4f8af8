/** A question over the page. Not Modal with its header, a second banner; no scroll lock, whose style has no nonce. */
import "./dialog.css";
import { useLingui } from "@lingui/react/macro";
import { CloseButton, Modal } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./Dialog.module.css";

export function Dialog(props: {
  title: string;
  /** Left out where there is nothing to go on with before an answer. */
  onClose?: () => void;
  children: ReactNode;
}) {
  const { title, onClose, children } = props;
  const { t } = useLingui();
  return (
    <Modal.Root opened onClose={onClose ?? stay} centered size="28rem" lockScroll={false}>
      <Modal.Overlay />
      <Modal.Content classNames={{ content: classes.content ?? "" }}>
        <div className={classes.head}>
          <Modal.Title className={classes.title ?? ""}>{title}</Modal.Title>
          {onClose === undefined ? null : <CloseButton size="lg" aria-label={t`Закрыть`} onClick={onClose} />}
        </div>
        <div className={classes.body}>{children}</div>
      </Modal.Content>
    </Modal.Root>
  );
}

function stay(): void {
  // The question stays until it is answered.
}
