namespace ZoneTierFS.Simulation;

/// <summary>What the volume must hold, may hold and must not hold, over all clients and all crashes of a simulation.</summary>
internal sealed class ReferenceModel
{
    private long _events;
    private int _nodes;

    public List<ClientModel> Clients { get; } = [];

    /// <summary>Bytes of data that no one has deleted: blocks that hold something, files that are open without a name included.</summary>
    public long LiveBytes => Clients.Sum(client => client.Files.Values.Sum(file => file.LiveBytes));

    /// <summary>Goes up whenever something more is known to be durable.</summary>
    public long Promises { get; private set; }

    public void NotePromise() => Promises++;

    public long NextEvent() => ++_events;

    public int NextNode() => ++_nodes;

    /// <summary>Everything answered by now: what a sync that begins now makes durable.</summary>
    public SyncPoint TakeSyncPoint() => new(
        [.. Clients.Select(client => client.CompletedOperations)],
        [.. Clients.SelectMany(client => client.Files.Values).Select(file => (file, file.Completed))]);

    /// <summary>The sync has succeeded.</summary>
    public void RaiseFloor(SyncPoint point)
    {
        for (int i = 0; i < Clients.Count; i++)
        {
            Clients[i].RaiseFloor(point.Operations[i]);
        }

        foreach ((FileHistory file, int operation) in point.Files)
        {
            file.RaiseFloor(operation);
        }
    }

    /// <summary>
    /// Judges what is there after a power cut or a clean close. All well: the model goes on from what survived, and null is returned; otherwise what is wrong.
    /// </summary>
    /// <param name="survivors">The clients' directories, in the order of the clients.</param>
    public string? JudgeAndAdopt(IReadOnlyList<SurvivingNode> survivors)
    {
        if (FindDamage(survivors, out List<List<Candidate>> judgements) is string damage)
        {
            return damage;
        }

        for (int i = 0; i < Clients.Count; i++)
        {
            Candidate survivor = judgements[i][^1];
            Clients[i].Adopt(survivor.Kept, survivor.Nodes);
        }

        return null;
    }

    /// <summary>As <see cref="JudgeAndAdopt"/>, but changes nothing: the power has not really failed.</summary>
    public string? FindDamage(IReadOnlyList<SurvivingNode> survivors) => FindDamage(survivors, out _);

    private string? FindDamage(IReadOnlyList<SurvivingNode> survivors, out List<List<Candidate>> judgements)
    {
        judgements = [];
        for (int i = 0; i < Clients.Count; i++)
        {
            var judge = new SurvivorJudge(Clients[i], survivors[i]);
            if (judge.FindDamage() is string damage)
            {
                return $"/{Clients[i].Directory}: {damage}";
            }

            judgements.Add(judge.Candidates);
        }

        return FindDisorder(judgements);
    }

    /// <summary>
    /// One journal orders all clients: where an operation survived, all those that were answered before it began must have survived too. Several numbers
    /// of operations can explain one tree, so each client's least explanation is held against the others' greatest.
    /// </summary>
    private string? FindDisorder(List<List<Candidate>> judgements)
    {
        for (int a = 0; a < Clients.Count; a++)
        {
            int least = judgements[a].Min(candidate => candidate.Kept);
            if (least == 0)
            {
                continue;
            }

            NamespaceOperation kept = Clients[a].Log[least - 1];
            for (int b = 0; b < Clients.Count; b++)
            {
                int most = judgements[b].Max(candidate => candidate.Kept);
                if (most < Clients[b].Log.Count && Clients[b].Log[most].CompletedAt < kept.IssuedAt)
                {
                    return $"out of order: /{Clients[a].Directory}: {kept} survived, but /{Clients[b].Directory}: {Clients[b].Log[most]}, "
                        + "which was answered before that began, did not";
                }
            }
        }

        return null;
    }
}
