package dev.millrace.documents;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePathScanner;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Reads the Javadoc of the methods of configuration interfaces from their sources. */
final class Descriptions {
  private static final Pattern WHEN_ABSENT = Pattern.compile(" ?Default: (.*)\\.$");
  private static final Pattern CODE = Pattern.compile("\\{@code ([^}]*)}");

  private final Map<String, Description> byMethod = new HashMap<>();

  /**
   * The description of one setting.
   *
   * @param meaning the first sentence, without its full stop
   * @param whenAbsent behaviour without a value and without a default; empty if the Javadoc has no
   *     sentence that begins with "Default:"
   */
  record Description(String meaning, String whenAbsent) {
    private static Description of(String javadoc) {
      String text = CODE.matcher(javadoc.strip().replaceAll("\\s+", " ")).replaceAll("`$1`");
      Matcher absent = WHEN_ABSENT.matcher(text);
      String whenAbsent = absent.find() ? absent.group(1) : "";
      String meaning = absent.replaceFirst("").split("\\.( |$)", 2)[0];
      return new Description(meaning, whenAbsent);
    }
  }

  private Descriptions() {}

  static Descriptions of(List<Path> sources) throws IOException {
    Descriptions descriptions = new Descriptions();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager files =
        compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  null, files, null, null, null, files.getJavaFileObjectsFromPaths(sources));
      DocTrees trees = DocTrees.instance(task);
      for (CompilationUnitTree unit : task.parse()) {
        descriptions.new Reader(trees).scan(unit, "");
      }
    }
    return descriptions;
  }

  /**
   * Returns the description of a setting.
   *
   * @throws IllegalStateException if its method has no Javadoc
   */
  Description of(Method method) {
    String name = name(method.getDeclaringClass().getSimpleName(), method.getName());
    Description description = byMethod.get(name);
    if (description == null) {
      throw new IllegalStateException(name + " has no Javadoc, which docs/settings.md needs");
    }
    return description;
  }

  private static String name(String type, String method) {
    return type + "." + method;
  }

  /** Collects the Javadoc of all methods. The parameter of the scan is the enclosing type. */
  private final class Reader extends TreePathScanner<Void, String> {
    private final DocTrees trees;

    Reader(DocTrees trees) {
      this.trees = trees;
    }

    @Override
    public Void visitClass(ClassTree type, String enclosing) {
      return super.visitClass(type, type.getSimpleName().toString());
    }

    @Override
    public Void visitMethod(MethodTree method, String type) {
      String javadoc = trees.getDocComment(getCurrentPath());
      if (javadoc != null) {
        byMethod.put(name(type, method.getName().toString()), Description.of(javadoc));
      }
      return super.visitMethod(method, type);
    }
  }
}
