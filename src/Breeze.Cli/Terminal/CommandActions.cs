using System.CommandLine;
using Breeze.Client;

namespace Breeze.Cli.Terminal;

/// <summary>Ties commands to what they do, and turns every failure into one sentence and an exit code.</summary>
public static class CommandActions
{
    public static Command Does(this Command command, Shell shell, Func<Invocation, Task<int>> act)
    {
        command.SetAction((parse, cancel) => Guarded(shell, new Invocation(shell, parse, cancel), act));
        return command;
    }

    public static Command Does(this Command command, Shell shell, Func<Invocation, Task> act) =>
        command.Does(shell, async run =>
        {
            await act(run);
            return ExitCode.Ok;
        });

    public static Command With(this Command command, params IEnumerable<Symbol> parts)
    {
        foreach (var part in parts)
        {
            switch (part)
            {
                case Command sub:
                    command.Subcommands.Add(sub);
                    break;
                case Option option:
                    command.Options.Add(option);
                    break;
                case Argument argument:
                    command.Arguments.Add(argument);
                    break;
            }
        }

        return command;
    }

    private static async Task<int> Guarded(Shell shell, Invocation run, Func<Invocation, Task<int>> act)
    {
        try
        {
            return await act(run);
        }
        catch (UsageException wrong)
        {
            return Fail(shell, wrong.Message, ExitCode.Usage);
        }
        catch (BreezeException away) when (away.IsUnreachable)
        {
            return Fail(shell, away.Message, ExitCode.Unreachable);
        }
        catch (BreezeException refused)
        {
            return Fail(shell, Sentence(refused), ExitCode.Refused);
        }
        catch (OperationCanceledException) when (run.Cancel.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (Exception fault)
        {
            // A stack is for us, not for whoever typed a command; the kind of the fault is enough to find it by.
            return Fail(shell, $"This is a fault in breeze itself ({fault.GetType().Name}): {fault.Message}", ExitCode.Fault);
        }
    }

    public static int Fail(Shell shell, string sentence, int code)
    {
        shell.Errors.WriteLine($"breeze: {Printable.Line(sentence, 1000)}");
        return code;
    }

    /// <summary>The server's sentence, and the fields at fault that it does not name itself.</summary>
    private static string Sentence(BreezeException refused)
    {
        var fields = refused.Errors
            .SelectMany(field => field.Value
                .Where(text => !refused.Message.Contains(text, StringComparison.Ordinal))
                .Select(text => $"{field.Key}: {text}"));
        var hint = refused.Status == 401 ? " Run 'breeze login' with a valid key." : "";
        var request = refused is { Status: >= 500, RequestId: { } id } ? $" (request {id})" : "";
        return string.Join(' ', [refused.Message, .. fields]) + hint + request;
    }
}
