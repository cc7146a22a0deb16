using System.Buffers.Binary;

namespace ZoneTierFS.Simulation;

/// <summary>
/// An access control list with one named user, as programs set it: the owner, the user, the owning group, the mask and the others. The mode's group bits are
/// the mask; a chmod changes the list with the mode.
/// </summary>
internal static class AccessList
{
    public const string Name = "system.posix_acl_access";

    private const int Entries = 5;
    private const int OwnerAt = 4;
    private const int MaskAt = 28;
    private const int OtherAt = 36;

    private static readonly ushort[] Tags = [1, 2, 4, 16, 32];

    public static byte[] Make(uint user, uint userMay, uint groupMay, uint mode)
    {
        var list = new byte[OwnerAt + (Entries * 8)];
        BinaryPrimitives.WriteUInt32LittleEndian(list, 2);
        for (int i = 0; i < Entries; i++)
        {
            Span<byte> entry = list.AsSpan(OwnerAt + (i * 8));
            BinaryPrimitives.WriteUInt16LittleEndian(entry, Tags[i]);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], (ushort)(i == 1 ? userMay : groupMay));
            BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], i == 1 ? user : uint.MaxValue);
        }

        return WithMode(list, mode);
    }

    /// <summary>The list after a chmod.</summary>
    public static byte[] WithMode(byte[] list, uint mode)
    {
        byte[] changed = [.. list];
        changed[OwnerAt + 2] = (byte)((mode >> 6) & 7);
        changed[MaskAt + 2] = (byte)((mode >> 3) & 7);
        changed[OtherAt + 2] = (byte)(mode & 7);
        return changed;
    }
}
