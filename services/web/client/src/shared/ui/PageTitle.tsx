/** The one heading of a page: names the document and takes the focus after a navigation, not on the first load. */
import { useLingui } from "@lingui/react/macro";
import { type ReactNode, useEffect, useRef } from "react";
import classes from "./PageTitle.module.css";

let isFirstPage = true;

export function PageTitle({ title, children }: { title: string; children?: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { t } = useLingui();
  const product = t({ message: "Полчаса", context: "product" });
  useEffect(() => {
    if (!isFirstPage) heading.current?.focus();
    isFirstPage = false;
  }, []);
  useEffect(() => {
    document.title = `${title} — ${product}`;
  }, [title, product]);
  return (
    <div className={classes.row}>
      <h1 ref={heading} tabIndex={-1} className={classes.title}>
        {title}
      </h1>
      {children}
    </div>
  );
}
