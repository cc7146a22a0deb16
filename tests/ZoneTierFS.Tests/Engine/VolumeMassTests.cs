using Xunit;
using ZoneTierFS.Simulation;

namespace ZoneTierFS.Tests.Engine;

/// <summary>A directory of very many entries; `ZoneTierFS.Simulation --directory 1000000` tries a million.</summary>
public sealed class VolumeMassTests
{
    [Fact]
    public async Task A_directory_of_very_many_entries_is_filled_listed_while_it_changes_searched_and_emptied()
    {
        var steps = new List<string>();
        await new DirectoryRun(50_000, steps.Add).RunAsync(TimeProvider.System);
        Assert.Equal(4, steps.Count);
        Assert.All(steps, step => Assert.StartsWith("50000 entries ", step, StringComparison.Ordinal));
    }
}
