using System.Text.Json;
using Xunit;
using ZoneTierFS.Cli.Json;

namespace ZoneTierFS.Tests.Cli.Json;

public class ProcessStatusTests
{
    [Fact]
    public void Allocated_bytes_count_what_was_collected_again()
    {
        long before = ProcessStatus.Now().AllocatedBytes;
        int length = 0;
        for (int i = 0; i < 64; i++)
            length += new byte[1 << 20].Length;
        Assert.True(ProcessStatus.Now().AllocatedBytes - before >= length);
    }

    [Fact]
    public void The_benchmarks_find_the_figures_by_these_names()
    {
        string json = JsonSerializer.Serialize(new ProcessStatus(1, 2, 3, 4), CliJson.Default.ProcessStatus);
        Assert.Equal("""{"gcCollections":1,"allocatedBytes":2,"managedBytes":3,"residentBytes":4}""", json);
    }
}
