using System.Collections.Concurrent;
using Breeze.Contracts.Agents;
using Breeze.Core;
using Breeze.Silo.Agents;

namespace Breeze.Silo.Tests.Model;

/// <summary>A device that misbehaves from a seed: it answers late, twice, out of order, wrongly or not at all, and keeps a journal.</summary>
/// <remarks>What it ran and what it said are its own record, against which the server's rows are held.</remarks>
public sealed class ModelAgent(DeviceId device, int seed) : IAgentChannel
{
    private readonly Lock _lock = new();
    private readonly Random _random = new(seed);
    private readonly List<(DateTimeOffset Due, Func<AgentConnection, Task> Say)> _toSay = [];
    private readonly Dictionary<Guid, Result?> _journal = [];
    private AgentConnection? _connection;
    private DateTimeOffset _now;

    /// <summary>From here on it behaves: whatever it gets it accepts and completes.</summary>
    public bool Behaves { get; set; }

    /// <summary>What it says of a command that is not a script, given the dice (0: all goes well); null: scripts alone are sent to it.</summary>
    public Func<Command, double, Result?>? Works { get; init; }

    public bool IsConnected => _connection is not null;

    /// <summary>Times each command was run.</summary>
    public ConcurrentDictionary<Guid, int> Ran { get; } = new();

    /// <summary>Results that the server has acknowledged, by command.</summary>
    public ConcurrentDictionary<Guid, ResultStatus> Acknowledged { get; } = new();

    public async Task Connect(AgentConnections connections)
    {
        _connection = connections.Attach(device, this);
        await _connection.Hello(new Hello("1.0", "Debian 12", ["script:bash"]));
    }

    public async Task Disconnect()
    {
        var connection = Interlocked.Exchange(ref _connection, null);
        if (connection is not null)
        {
            await connection.Ended();
        }
    }

    /// <summary>The silo is gone, and with it the connection; the journal stays.</summary>
    public void LoseConnection() => _connection = null;

    public bool TrySend(Command command)
    {
        lock (_lock)
        {
            if (_journal.TryGetValue(command.Id, out var known))
            {
                // A repeat of what it knows runs nothing: it says again what it has.
                if (known is not null)
                {
                    Later(TimeSpan.Zero, c => Report(c, known));
                }

                return true;
            }

            if (!Behaves && _random.NextDouble() < 0.05)
            {
                return true;
            }

            Later(Delay(2), connection => Accept(connection, command));
        }

        return true;
    }

    public bool TryCancel(CancelCommand cancel) => true;

    public void Close(Reconnect goodbye) => _ = Disconnect();

    /// <summary>Says something of its own accord, when it is connected.</summary>
    public async Task<bool> Tell(Func<AgentConnection, Task> say)
    {
        if (_connection is not { } connection)
        {
            return false;
        }

        await say(connection);
        return true;
    }

    /// <summary>Says what is due by now, in an order of its own.</summary>
    public async Task Speak(DateTimeOffset now)
    {
        List<Func<AgentConnection, Task>> due;
        lock (_lock)
        {
            _now = now;
            due = [.. _toSay.Where(s => s.Due <= now).Select(s => s.Say).OrderBy(_ => _random.Next())];
            _toSay.RemoveAll(s => s.Due <= now);
        }

        foreach (var say in due)
        {
            if (_connection is { } connection)
            {
                try
                {
                    await say(connection);
                    continue;
                }
                catch (Exception) when (!Behaves || _connection is null)
                {
                    // The silo went away in the middle: unknown, so it is said again below.
                }
            }

            lock (_lock)
            {
                Later(TimeSpan.FromSeconds(5), say);
            }
        }
    }

    private async Task Accept(AgentConnection connection, Command command)
    {
        lock (_lock)
        {
            if (_journal.ContainsKey(command.Id))
            {
                return;
            }
        }

        var answer = await connection.Accepted(new Accepted(command.Id, command.Attempt));
        lock (_lock)
        {
            if (!answer.Proceed || !_journal.TryAdd(command.Id, null))
            {
                return;
            }

            Ran.AddOrUpdate(command.Id, 1, (_, times) => times + 1);
            if (Outcome(command) is not { } result)
            {
                return;
            }

            Later(Delay(10), c => Report(c, result));
            if (!Behaves && _random.NextDouble() < 0.1)
            {
                // Said once more, much later, and once with a lie about the attempt.
                Later(Delay(600), c => Report(c, result));
                Later(Delay(60), c => c.Result(result with { Attempt = result.Attempt + 1, Status = ResultStatus.Completed }));
            }
        }
    }

    private async Task Report(AgentConnection connection, Result result)
    {
        lock (_lock)
        {
            _journal[result.CommandId] = result;
        }

        await connection.Result(result);
        Acknowledged[result.CommandId] = result.Status;
    }

    private Result? Outcome(Command command)
    {
        var dice = Behaves ? 0 : _random.NextDouble();
        return command.Type != CommandTypes.RunScript && Works is { } works ? works(command, dice) : dice switch
        {
            < 0.6 => new Result(command.Id, command.Attempt, ResultStatus.Completed, 0, "ok", null, 1),
            < 0.88 => new Result(command.Id, command.Attempt, ResultStatus.Failed, _random.Next(1, 4), null, $"error {_random.Next(3)}", 1),
            < 0.91 => new Result(command.Id, command.Attempt, ResultStatus.Rejected, Error: "no"),
            < 0.94 => new Result(command.Id, command.Attempt, ResultStatus.Interrupted),
            _ => null,
        };
    }

    private TimeSpan Delay(int seconds) => Behaves ? TimeSpan.Zero : TimeSpan.FromSeconds(_random.NextDouble() < 0.1 ? _random.Next(60, 400) : _random.Next(seconds));

    private void Later(TimeSpan delay, Func<AgentConnection, Task> say) => _toSay.Add((_now + delay, say));
}
