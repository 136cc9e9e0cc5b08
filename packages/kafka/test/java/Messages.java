import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;

/**
 * Prints messages as Kafka's own serializers write them: of every API, request and response, in every version
 * one with nothing set and one with every field set that the version can say. A line each: "message", the
 * API's key, the kind, the version, "empty" or "filled", the bytes in hex. Then "error", code and name of each
 * of Kafka's errors.
 */
public class Messages {
  private static int counter = 1;

  public static void main(String[] args) throws Exception {
    StringBuilder out = new StringBuilder();
    for (ApiMessageType type : ApiMessageType.values()) {
      for (short v = type.lowestSupportedVersion(); v <= type.highestSupportedVersion(true); v++) {
        print(out, type, "request", v, type.newRequest(), fill(type.newRequest(), v));
        print(out, type, "response", v, type.newResponse(), fill(type.newResponse(), v));
      }
    }
    for (Errors error : Errors.values()) out.append("error " + error.code() + " " + error.name() + "\n");
    System.out.print(out);
  }

  private static void print(StringBuilder out, ApiMessageType type, String kind, short v, Message empty, Message filled) {
    for (Message message : List.of(empty, filled)) {
      byte[] bytes = bytesOf(message, v);
      // Some messages have a field that must be set.
      if (bytes == null) continue;
      String how = message == empty ? "empty" : "filled";
      String hex = HexFormat.of().formatHex(bytes);
      out.append("message " + type.apiKey() + " " + kind + " " + v + " " + how + " " + hex + "\n");
    }
  }

  private static byte[] bytesOf(Message message, short version) {
    try {
      ByteBuffer buffer = MessageUtil.toByteBufferAccessor(message, version).buffer();
      byte[] bytes = new byte[buffer.remaining()];
      buffer.get(bytes);
      return bytes;
    } catch (RuntimeException impossible) {
      return null;
    }
  }

  /** Sets one field after the other, and takes back what this version refuses to write. */
  private static <T extends Message> T fill(T message, short version) throws Exception {
    for (Method setter : message.getClass().getMethods()) {
      String name = setter.getName();
      boolean links = name.equals("setNext") || name.equals("setPrev");
      if (!name.startsWith("set") || setter.getParameterCount() != 1 || links) continue;
      Object value = valueOf(setter.getGenericParameterTypes()[0], version);
      if (value == null) continue;
      Method getter = message.getClass().getMethod(Character.toLowerCase(name.charAt(3)) + name.substring(4));
      Object before = getter.invoke(message);
      try {
        setter.invoke(message, value);
      } catch (InvocationTargetException tooLarge) {
        // An unsigned field of two bytes.
        setter.invoke(message, counter++);
      }
      if (bytesOf(message, version) == null) setter.invoke(message, before);
    }
    return message;
  }

  private static Object valueOf(Type type, short version) throws Exception {
    if (type == String.class) return "text é " + counter++;
    if (type == boolean.class) return true;
    if (type == byte.class || type == Byte.class) return (byte) (counter++ % 100);
    if (type == short.class || type == Short.class) return (short) counter++;
    if (type == int.class || type == Integer.class) return counter++ * (counter % 2 == 0 ? -3 : 70_001);
    if (type == long.class || type == Long.class) return counter++ * 100_000_000_007L * (counter % 3 == 0 ? -1 : 1);
    if (type == double.class) return 0.25 + counter++;
    if (type == Uuid.class) return new Uuid(counter++ * 1_000_003L, ~counter++);
    if (type == byte[].class) return new byte[] {1, 2, (byte) counter++};
    if (type == ByteBuffer.class) return ByteBuffer.wrap(new byte[] {3, (byte) counter++});
    if (type instanceof ParameterizedType list && list.getRawType() == List.class) {
      Type element = list.getActualTypeArguments()[0];
      Object first = valueOf(element, version);
      return first == null ? null : List.of(first, valueOf(element, version));
    }
    if (!(type instanceof Class<?> made)) return null;
    if (Message.class.isAssignableFrom(made)) {
      return fill((Message) made.getDeclaredConstructor().newInstance(), version);
    }
    Class<?> parent = made.getSuperclass();
    if (parent == null || !parent.getSimpleName().startsWith("ImplicitLinkedHash")) return null;
    Object collection = made.getDeclaredConstructor().newInstance();
    Type element = ((ParameterizedType) made.getGenericSuperclass()).getActualTypeArguments()[0];
    Object value = valueOf(element, version);
    for (Method add : made.getMethods()) {
      boolean isAdd = add.getName().equals("add") && add.getParameterCount() == 1;
      if (isAdd && add.getReturnType() == boolean.class) {
        add.invoke(collection, value);
        break;
      }
    }
    return collection;
  }
}
