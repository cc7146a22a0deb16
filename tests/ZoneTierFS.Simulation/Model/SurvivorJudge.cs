using System.Text;

namespace ZoneTierFS.Simulation;

/// <summary>Finds out which prefixes of a client's operations explain what was read back, and whether the data fits them.</summary>
internal sealed class SurvivorJudge(ClientModel client, SurvivingNode found)
{
    private const int ListedOperationsMax = 12;

    public List<Candidate> Candidates { get; } = [];

    private readonly Dictionary<(int File, int Floor), (SurvivingNode Node, string? Damage)> _verdicts = [];

    /// <summary>Null where <see cref="Candidates"/> is not empty; otherwise what is wrong.</summary>
    public string? FindDamage()
    {
        ModelTree tree = client.Durable.Clone();
        var forced = new Dictionary<int, int>();
        int names = found.CountNames();
        string? first = null, last = null, data = null;
        for (int kept = 0; ; kept++)
        {
            // Trees with another number of names need no closer look, but for what the message says of the first and the last.
            if (tree.Names == names || kept == 0 || kept == client.Log.Count)
            {
                var comparison = new TreeComparison(tree, client.Inodes);
                last = comparison.FindDifference(tree.Root, found, "");
                string? damage = last is null ? FindDataDamage(comparison.Matched, forced) : null;
                data = damage ?? data;
                if ((last ?? damage) is null)
                {
                    Candidates.Add(new Candidate(kept, comparison.Matched));
                }
            }

            first ??= last;
            if (kept == client.Log.Count)
            {
                break;
            }

            client.Log[kept].Apply(tree);
            if (client.Log[kept] is Rename { ForcedData: >= 0 } rename)
            {
                forced[rename.Moved] = rename.ForcedData;
            }
        }

        return Candidates.Count > 0 ? null : data ?? DescribeNoMatch(first, last);
    }

    private string? FindDataDamage(IReadOnlyDictionary<int, SurvivingNode> matched, Dictionary<int, int> forced)
    {
        foreach ((int id, SurvivingNode node) in matched)
        {
            if (node.Data is null)
            {
                continue;
            }

            int floor = Math.Max(client.Files[id].Floor, forced.GetValueOrDefault(id, -1));
            if (!_verdicts.TryGetValue((id, floor), out (SurvivingNode Node, string? Damage) verdict) || verdict.Node != node)
            {
                verdict = (node, client.Files[id].FindDamage(node.Data, floor));
                _verdicts[(id, floor)] = verdict;
            }

            if (verdict.Damage is not null)
            {
                return $"file {id} (inode {node.Status.Inode}): {verdict.Damage}";
            }
        }

        return null;
    }

    private string DescribeNoMatch(string? first, string? last)
    {
        if (client.Log.Count == 0)
        {
            return $"{first}; every operation was durable";
        }

        var text = new StringBuilder("no prefix of the operations explains what survived");
        text.Append($"\n  with none of the {client.Log.Count} operations since the last durable state: {first}");
        text.Append($"\n  with all of them: {last}");
        foreach (NamespaceOperation operation in client.Log.Take(ListedOperationsMax))
        {
            text.Append($"\n    {operation}{(operation.CompletedAt == long.MaxValue ? " (unanswered)" : "")}");
        }

        return text.ToString();
    }
}
