using Xunit;
using ZoneTierFS.Benchmarks.Clients;
using ZoneTierFS.Benchmarks.Measuring;

namespace ZoneTierFS.Tests.Benchmarks;

public sealed class ClientWorkTests : IDisposable
{
    private const int Page = 4096;

    // Beside the tests and not in the temporary folder: that may be a tmpfs, whose pages are never dropped.
    private readonly DirectoryInfo _folder = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, $"client-work-{Guid.NewGuid():N}"));

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(16)]
    public void Threads_together_read_each_byte_once(int threads)
    {
        string path = Write("file", 5 * Page + 7);
        ClientResult result = ClientWork.Run(new(ClientMode.SequentialRead, path, 0, 0, Page, threads));
        Assert.Equal(5 * Page + 7, result.Bytes);
        Assert.Equal(6, result.Operations);
    }

    [Fact]
    public void A_mapping_covers_the_file()
    {
        string path = Write("file", 3 * Page);
        Assert.Equal(3 * Page, ClientWork.Run(new(ClientMode.MapRead, path, 0, 0, Page, 1)).Bytes);
        Assert.Equal(3 * Page, ClientWork.Run(new(ClientMode.FaultRead, path, 0, 0, Page, 1)).Bytes);
    }

    [Fact]
    public void Random_reads_are_shared_among_threads()
    {
        ClientResult result = ClientWork.Run(new(ClientMode.CachedRandomRead, Write("file", 8 * Page), 0, 64, Page, 4));
        Assert.Equal((64, 64 * Page), (result.Operations, result.Bytes));
    }

    [Fact]
    public void What_a_thread_meets_is_told()
    {
        string path = Write("short", 2 * Page);
        Assert.Throws<IOException>(() => ClientWork.Run(new(ClientMode.SequentialRead, path + ".missing", 0, 0, Page, 4)));
    }

    [Fact]
    public void Overwriting_changes_bytes_and_no_length()
    {
        string path = Write("file", 8 * Page);
        ClientResult result = ClientWork.Run(new(ClientMode.RandomOverwrite, path, 0, 32, Page, 1));
        Assert.Equal(32 * Page, result.Bytes);
        Assert.Equal(8 * Page, new FileInfo(path).Length);
        Assert.Contains(File.ReadAllBytes(path), value => value != 0);
    }

    [Fact]
    public void Appending_makes_a_new_file_of_all_pieces()
    {
        string path = Path.Combine(_folder.FullName, "appended");
        Assert.Equal(5, ClientWork.Run(new(ClientMode.Append, path, 0, 5, Page, 1)).Operations);
        Assert.Equal(5 * Page, new FileInfo(path).Length);
        Assert.Throws<IOException>(() => ClientWork.Run(new(ClientMode.Append, path, 0, 5, Page, 1)));
    }

    [Fact]
    public void A_prepared_file_is_left_alone_the_second_time()
    {
        string path = Path.Combine(_folder.FullName, "prepared");
        ClientTask task = new(ClientMode.PrepareFile, path, 3 * Page, 0, Page, 1);
        Assert.Equal(3 * Page, ClientWork.Run(task).Bytes);
        Assert.Equal(0, ClientWork.Run(task).Bytes);
        Assert.Equal(4 * Page, ClientWork.Run(task with { Bytes = 4 * Page }).Bytes);
        Assert.Equal(4 * Page, new FileInfo(path).Length);
    }

    [Fact]
    public void A_tree_is_made_read_and_removed()
    {
        const int Files = 120;
        string top = Path.Combine(_folder.FullName, "tree");
        Assert.Equal(0, Run(ClientMode.EmptyTree).Bytes);
        Assert.Equal(Files * Page, Run(ClientMode.CreateTree).Bytes);
        Assert.Equal(Files, Directory.GetFiles(top, "*", SearchOption.AllDirectories).Length);
        Assert.Equal(50, Directory.GetDirectories(top).Length);
        Assert.Throws<IOException>(() => Run(ClientMode.CreateTree));
        Assert.Equal(Files, Run(ClientMode.StatTree).Operations);
        Assert.Equal(Files * Page, Run(ClientMode.ReadTree).Bytes);
        File.Delete(Directory.GetFiles(top, "*", SearchOption.AllDirectories)[0]);
        Assert.Equal(Page, Run(ClientMode.PrepareTree).Bytes);
        Assert.Equal(Files, Run(ClientMode.UnlinkTree).Operations);
        Assert.Empty(Directory.GetFiles(top, "*", SearchOption.AllDirectories));
        Assert.Throws<IOException>(() => Run(ClientMode.StatTree));

        ClientResult Run(ClientMode mode) => ClientWork.Run(new(mode, top, 0, Files, Page, 1));
    }

    [Fact]
    public void An_evicted_file_is_cold_and_a_read_one_is_not()
    {
        string path = Write("file", 64 * Page);
        PageCache.Evict(path);
        Assert.Equal(0, PageCache.ResidentShare(path));
        ClientWork.Run(new(ClientMode.SequentialRead, path, 0, 0, Page, 1));
        Assert.Equal(1, PageCache.ResidentShare(path));
        PageCache.Evict(path + ".missing");
    }

    private string Write(string name, int length)
    {
        string path = Path.Combine(_folder.FullName, name);
        File.WriteAllBytes(path, new byte[length]);
        return path;
    }
}
