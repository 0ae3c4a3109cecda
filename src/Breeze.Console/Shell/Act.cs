using Breeze.Client;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace Breeze.Console.Shell;

/// <summary>Does what an operator asked for, and tells how it went: one line at the page's edge.</summary>
public sealed class Act(ISnackbar notices, IDialogService dialogs)
{
    /// <summary>True when it was done. A refusal is shown as the sentence that the server gave.</summary>
    /// <param name="done">Shown on success; null for nothing.</param>
    public async Task<bool> Run(string? done, Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (BreezeException refused)
        {
            Refused(refused);
            return false;
        }

        if (done is not null)
        {
            Tell(done);
        }

        return true;
    }

    public void Tell(string text, Severity severity = Severity.Success) => notices.Add(text, severity);

    public void Refused(BreezeException refused) =>
        notices.Add(Sentence(refused), Severity.Error, options => options.RequireInteraction = !refused.IsUnreachable);

    /// <summary>Asked before what cannot be undone.</summary>
    /// <param name="verb">The button's text: what will happen, never "OK".</param>
    public async Task<bool> Confirm(string title, string text, string verb) =>
        await dialogs.ShowMessageBoxAsync(title, text, yesText: verb, cancelText: "Keep as it is", options: new() { MaxWidth = MaxWidth.Small, FullWidth = true }) == true;

    /// <summary>A form in a dialog; true when it was accepted.</summary>
    public async Task<bool> Open<TDialog>(string title, DialogParameters<TDialog>? parameters = null, MaxWidth width = MaxWidth.Small)
        where TDialog : IComponent
    {
        var dialog = await dialogs.ShowAsync<TDialog>(title, parameters ?? [], new DialogOptions { MaxWidth = width, FullWidth = true, CloseButton = true });
        return await dialog.Result is { Canceled: false };
    }

    /// <summary>The server's sentence, with those of fields that it does not already say.</summary>
    public static string Sentence(BreezeException refused)
    {
        var fields = refused.Errors.SelectMany(e => e.Value).Where(text => !refused.Message.Contains(text, StringComparison.Ordinal)).Take(3);
        return string.Join(' ', [refused.Message, .. fields]);
    }
}
