using System.Text;

namespace ZoneTierFS.Simulation;

/// <summary>Finds out which prefixes of a client's operations explain what was read back, and whether the data fits them.</summary>
internal sealed class SurvivorJudge(ClientModel client, SurvivingNode found)
{
    private const int ListedOperationsMax = 12;

    public List<Candidate> Candidates { get; } = [];

    /// <summary>Null where <see cref="Candidates"/> is not empty; otherwise what is wrong.</summary>
    public string? FindDamage()
    {
        ModelTree tree = client.Durable.Clone();
        var forced = new Dictionary<int, int>();
        string? first = null, last = null, data = null;
        for (int kept = 0; ; kept++)
        {
            var comparison = new TreeComparison(tree, client.Inodes);
            last = comparison.FindDifference(tree.Root, found, "");
            first ??= last;
            if (last is null)
            {
                data = FindDataDamage(comparison.Matched, forced) ?? data;
                if (data is null)
                {
                    Candidates.Add(new Candidate(kept, tree.Clone(), comparison.Matched));
                }
            }

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

            FileHistory history = client.Files[id];
            if (history.FindDamage(node.Data, Math.Max(history.Floor, forced.GetValueOrDefault(id, -1))) is string damage)
            {
                return $"file {id} (inode {node.Status.Inode}): {damage}";
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
