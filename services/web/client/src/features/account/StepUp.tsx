/** Calls that the server wants a fresh proof for: they wait for the password (and the factor), then go once more. */
import { useMutation } from "@tanstack/react-query";
import { createContext, type ReactNode, useCallback, useContext, useState } from "react";
import { asProblem } from "../../shared/api/problem";
import { StepUpDialog } from "./StepUpDialog";

type Confirmed = <Result>(call: () => Promise<Result>, password?: string) => Promise<Result>;

interface Question {
  password: string | undefined;
  settle: (proved: boolean) => void;
}

const StepUpContext = createContext<Confirmed>((call) => call());

export function StepUpProvider({ children }: { children: ReactNode }) {
  const [question, setQuestion] = useState<Question | null>(null);
  const confirmed = useCallback<Confirmed>(async (call, password) => {
    try {
      return await call();
    } catch (error) {
      if (asProblem(error).code !== "step_up_required") throw error;
      const proved = await new Promise<boolean>((settle) => setQuestion({ password, settle }));
      setQuestion(null);
      if (!proved) throw error;
    }
    return call();
  }, []);
  return (
    <StepUpContext value={confirmed}>
      {children}
      {question === null ? null : (
        <StepUpDialog
          password={question.password}
          onProved={() => question.settle(true)}
          onClose={() => question.settle(false)}
        />
      )}
    </StepUpContext>
  );
}

/** A mutation whose call may want a proof. Its error is `step_up_required` when the user closed the question. */
export function useConfirmedMutation<Variables, Result>(
  call: (variables: Variables) => Promise<Result>,
  options: {
    /** A password that the form has already, so that it is not asked for again. */
    password?: (variables: Variables) => string;
    onSuccess?: (result: Result, variables: Variables) => unknown;
    onError?: (error: Error) => unknown;
  } = {},
) {
  const confirmed = useContext(StepUpContext);
  const { password, onSuccess, onError } = options;
  return useMutation<Result, Error, Variables>({
    mutationFn: (variables: Variables) => confirmed(() => call(variables), password?.(variables)),
    ...(onSuccess === undefined ? {} : { onSuccess: (result, variables) => onSuccess(result, variables) }),
    ...(onError === undefined ? {} : { onError: (error) => onError(error) }),
  });
}
