using System.Security.Cryptography;
using System.Text;
using Mono.Unix.Native;
using Xunit;
using ZoneTierFS.Linux;
using ZoneTierFS.MountTests.Fixtures;

namespace ZoneTierFS.MountTests.Runtimes;

/// <summary>
/// Model runtimes as they touch files, call by call, on a mounted volume: what they read, write, lock, map and rename comes back whole, and the volume knows
/// what it holds. Each test works in a folder of its own.
/// </summary>
[Trait("Kind", "Volume")]
public sealed partial class RuntimeFileAccessTests : IClassFixture<MountedVolume>
{
    private const int MiB = 1 << 20;
    private const int PageBytes = 4096;
    private const OpenFlags New = OpenFlags.O_CREAT | OpenFlags.O_EXCL;
    private const OpenFlags Direct = OpenFlags.O_DIRECT;

    private readonly MountedVolume _volume;
    private readonly string _folder;

    public RuntimeFileAccessTests(MountedVolume volume)
    {
        ArgumentNullException.ThrowIfNull(volume);
        _volume = volume;
        _folder = Path.Combine(volume.Root, Guid.NewGuid().ToString("N")[..8]);
        Directory.CreateDirectory(_folder);
    }

    private string In(string path)
    {
        var full = Path.Combine(_folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        return full;
    }

    private static byte[] Noise(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static AlignedMemory Aligned(byte[] bytes)
    {
        var memory = new AlignedMemory(bytes.Length);
        bytes.CopyTo(memory.GetSpan());
        return memory;
    }

    /// <summary>Bytes behind a GGUF header without tensors.</summary>
    private static byte[] Gguf(int length, int seed)
    {
        var bytes = Noise(length, seed);
        bytes.AsSpan(0, 64).Clear();
        "GGUF\u0003"u8.CopyTo(bytes);
        return bytes;
    }

    /// <summary>A safetensors file of one tensor.</summary>
    private static byte[] Safetensors(int dataBytes, int seed)
    {
        var json = Encoding.ASCII.GetBytes($$$"""{"w":{"dtype":"U8","shape":[{{{dataBytes}}}],"data_offsets":[0,{{{dataBytes}}}]}}""");
        return [.. BitConverter.GetBytes((ulong)json.Length), .. json, .. Noise(dataBytes, seed)];
    }

    private static string Sha256(byte[] bytes) => Convert.ToHexString(SHA256.HashData(bytes));

    /// <summary>What the volume takes a file for, once it is stored.</summary>
    private static string ClassOf(string path) => AttributeOf(path, "class");

    private static string TierOf(string path) => AttributeOf(path, "tier");

    private static string AttributeOf(string path, string name)
    {
        using (var file = PosixFile.Open(path, OpenFlags.O_RDONLY))
            file.Fsync();
        PosixFile.Check(Syscall.getxattr(path, "user.ztfs." + name, out var value));
        return Encoding.ASCII.GetString(value);
    }

    private static void Replace(string from, string to) => PosixFile.Check(Stdlib.rename(from, to));

    /// <summary>Runs something on threads that all live at the same time.</summary>
    private static void OnThreads(int count, Action<int> work)
    {
        var failures = new List<Exception>();
        var threads = Enumerable.Range(0, count).Select(number => new Thread(() =>
        {
            try
            {
                work(number);
            }
            catch (Exception failure)
            {
                // Whatever it is, it is the test's to show, and must not end the process.
                lock (failures)
                    failures.Add(failure);
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.Empty(failures);
    }
}
